#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`make test-unit`: the tests that need neither root nor a virtual machine.

They run with the host's cargo if it is new enough, else with that of the root.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from lab import HERE, LabError, door, open_lab, say
from tally import counted

TOP = HERE.parent.parent
CRATES = {
    "model": "kernel-module/model",
    "guest": "qemu-tests/guest",
    "bench-guest": "qemu-tests/bench/guest",
    "userland": "userland",
}
NEEDED = (1, 85)
# Gigabytes of artefacts for debuggers and partial builds serve nobody here.
SMALL = {"CARGO_INCREMENTAL": "0", "CARGO_PROFILE_DEV_DEBUG": "0"}
RESULT = re.compile(r"^test (.+?) \.\.\. (ok|FAILED|ignored)")


def host_cargo():
    """Return whether the host's cargo can build the crates."""
    if not shutil.which("cargo"):
        return False
    done = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"cargo (\d+)\.(\d+)", done.stdout)
    return bool(version) and (int(version[1]), int(version[2])) >= NEEDED


def host_output():
    """Return where results of this checkout lie, as common.sh has it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "nfacct-lab" / f"out-{hashlib.sha256(str(TOP).encode()).hexdigest()[:8]}"


def cargo_test(name, lab):
    """Run the tests of one crate; return (return code, output)."""
    manifest = f"{CRATES[name]}/Cargo.toml"
    command = ["cargo", "test", "--locked", "--workspace", "--no-fail-fast"]
    env = dict(os.environ, **SMALL)
    if lab is None:
        env["CARGO_TARGET_DIR"] = str(host_output() / f"host-{name}")
        command += ["--manifest-path", str(TOP / manifest)]
    else:
        env["SUITE"] = lab.suite
        settings = [f"{key}={value}" for key, value in SMALL.items()]
        command = door(lab, "env", f"CARGO_TARGET_DIR=/out/target-unit-{name}", *settings,
                       *command, "--manifest-path", f"/checkout/{manifest}")
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


def run(tally, lab=None):
    """Record every unit test. With a lab, its cargo may be used."""
    if host_cargo():
        lab = None
    elif lab is None:
        if os.geteuid() != 0:
            raise LabError(f"unit tests need cargo {NEEDED[0]}.{NEEDED[1]} or newer on this host "
                           "(as root, that of the lab is used)")
        lab = open_lab()
    for name, where in CRATES.items():
        say(f"unit tests of {where}")
        code, output = cargo_test(name, lab)
        seen = failed = 0
        for line in output.splitlines():
            match = RESULT.match(line)
            if match and match[2] != "ignored":
                seen += 1
                failed += match[2] == "FAILED"
                tally.record(f"{where}: {match[1]}", ["see below"] if match[2] == "FAILED" else [])
        if code or not seen:
            tally.record(f"unit tests of {where}", output.splitlines()[-60:] or ["no test was run"])
    selftest(tally)


def selftest(tally):
    """Run the tests of the lab's own checkers."""
    say("self-tests of the lab")
    suite = unittest.defaultTestLoader.discover(str(HERE / "selftest"), top_level_dir=str(HERE))
    suite.addTests(unittest.TestLoader().discover(str(HERE.parent / "bench/tests")))
    result = unittest.TextTestRunner(stream=open(os.devnull, "w"), verbosity=0).run(suite)
    bad = result.failures + result.errors
    for case, trace in bad:
        tally.record(f"lab: {case.id()}", trace.splitlines()[-8:])
    for _ in range(result.testsRun - len(bad)):
        tally.record("lab")
    if not result.testsRun:
        tally.record("self-tests of the lab", ["none found"])


if __name__ == "__main__":
    sys.exit(counted(run))
