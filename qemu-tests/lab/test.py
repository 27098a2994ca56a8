#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`make test`: builds everything, boots each stack, ends with "N passed, N failed"."""

import os
import signal
import subprocess
import sys

import guests
from lab import HERE, open_lab, say
from tally import Tally


def build(lab, label, *arguments):
    """Build one part; return the complaints."""
    log = lab.out / "logs" / f"{label}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        done = subprocess.run([HERE / "build.sh", *arguments], stdout=file, stderr=file,
                              env=dict(os.environ, SUITE=lab.suite), check=False)
    if done.returncode == 0:
        return []
    return [f"build failed, see {log}", *log.read_text(errors="replace").splitlines()[-15:]]


def main():
    """Run what the environment variables STACKS and SUITE_TESTS select."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stacks = (os.environ.get("STACKS") or " ".join(guests.STACKS)).split()
    for stack in stacks:
        if stack not in guests.STACKS:
            sys.exit(f"error: STACKS={stack} is not known; use {' '.join(guests.STACKS)}")
    tests = os.environ.get("SUITE_TESTS") or ""
    tally = Tally()
    lab = open_lab()
    parts = [("guest-tests", "cargo", "guest", "qemu-tests/guest"),
             ("userland", "cargo", "userland", "userland")]
    if stacks != ["c-c"]:
        parts.insert(0, ("modules", "modules"))
    for label, *arguments in parts:
        say(f"building {label}")
        tally.record(f"build of {label}", build(lab, label, *arguments))
    if not tally.failures:
        guests.run_all(lab, tally, stacks, tests)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
