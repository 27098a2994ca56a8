#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`make lint`: format, lints, layer rule, licences. Tools are those of the root."""

import os
import subprocess
import sys

from lab import HERE, in_root, open_lab, say
from tally import counted

TOP = HERE.parent.parent
WORKSPACES = {"userland": "userland", "guest": "qemu-tests/guest",
              "bench-guest": "qemu-tests/bench/guest", "model": "kernel-module/model"}


def tracked(*patterns):
    """Return the files of the checkout that match, new ones included."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
                          cwd=TOP, capture_output=True, text=True, check=True)
    return [f for f in done.stdout.split("\n") if f and (TOP / f).exists()]


def verdict(done):
    """Return the complaints of a finished command."""
    if done.returncode == 0:
        return []
    lines = (done.stdout + (done.stderr or "")).strip().splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith(("error", "warning"))), 0)
    return lines[first:] or ["failed"]


def script(name):
    """Run one of the scripts of the checkout."""
    return verdict(subprocess.run([TOP / "scripts" / name], capture_output=True, text=True, check=False))


def build(lab, *arguments):
    """Run a build step in the root."""
    return verdict(subprocess.run([HERE / "build.sh", *arguments], capture_output=True, text=True,
                                  env=dict(os.environ, SUITE=lab.suite), check=False))


def shell_scripts():
    """Return the shell scripts, by their first line or their directive."""
    out = []
    for name in tracked():
        with open(TOP / name, "rb") as file:
            head = file.read(200)
        if head.startswith((b"#!/bin/sh", b"#!/bin/bash")) or b"# shellcheck shell=" in head:
            out.append(name)
    return out


def python_syntax():
    """Compile every Python file without running it."""
    out = []
    for name in tracked("*.py"):
        try:
            compile((TOP / name).read_text(), name, "exec")
        except SyntaxError as error:
            out.append(f"{name}:{error.lineno}: {error.msg}")
    return out


def run(lab, tally):
    """Record every check."""
    kernel_files = [f"/checkout/{f}" for f in tracked("kernel-module/*.rs", "qemu-tests/debug/*.rs")]
    tally.record("rustfmt of kernel code", verdict(in_root(
        lab, "rustfmt", "--check", "--edition", "2021", *kernel_files)))
    for name, where in WORKSPACES.items():
        tally.record(f"rustfmt of {where}", verdict(in_root(
            lab, "cargo", "fmt", "--all", "--check", "--manifest-path", f"/checkout/{where}/Cargo.toml")))
        say(f"clippy of {where}")
        tally.record(f"clippy of {where}", build(lab, "clippy_cargo", name, where))
    say("clippy of kernel-module")
    tally.record("clippy of kernel-module", build(lab, "clippy_modules"))
    tally.record("shellcheck", verdict(in_root(
        lab, "sh", "-c", 'cd /checkout && exec shellcheck -x "$@"', "sh", *shell_scripts())))
    tally.record("python syntax", python_syntax())
    tally.record("unsafe code", script("check-unsafe.sh"))
    tally.record("inventory of unsafe code", script("unsafe-inventory.py"))
    tally.record("licences", script("check-spdx.sh"))


if __name__ == "__main__":
    sys.exit(counted(lambda tally: run(open_lab(), tally)))
