#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`make test`: everything that must hold, ending with "N passed, N failed".

With SUITE_TESTS only the modules, their checks and the chosen tests are run;
`test.py ci` runs the lints first.
"""

import os
import signal
import subprocess
import sys

import boot
import guests
import layout
import lint
import machine_code
import unit
from lab import HERE, open_lab, say
from tally import Tally


def build(lab, label, *arguments):
    """Build one part; return the complaints."""
    log = lab.out / "logs" / f"{label}.log"
    say(f"building {label}")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        done = subprocess.run([HERE / "build.sh", *arguments], stdout=file, stderr=file,
                              env=dict(os.environ, SUITE=lab.suite), check=False)
    if done.returncode == 0:
        return []
    return [f"build failed, see {log}", *log.read_text(errors="replace").splitlines()[-15:]]


def terminate(*_):
    """End, and the guests with us."""
    boot.stopping.set()
    sys.exit(143)


def main():
    """Run what the environment variables STACKS and SUITE_TESTS select."""
    signal.signal(signal.SIGTERM, terminate)
    stacks = (os.environ.get("STACKS") or " ".join(guests.STACKS)).split()
    for stack in stacks:
        if stack not in guests.STACKS:
            sys.exit(f"error: STACKS={stack} is not known; use {' '.join(guests.STACKS)}")
    tests = os.environ.get("SUITE_TESTS") or ""
    tally = Tally()
    lab = open_lab()
    if "ci" in sys.argv[1:]:
        lint.run(lab, tally)
    if not tests:
        unit.run(tally, lab)
    parts = [("guest-tests", "cargo", "guest", "qemu-tests/guest"),
             ("userland", "cargo", "userland", "userland")]
    if stacks != ["c-c"]:
        parts.insert(0, ("modules", "modules"))
    built = all([tally.record(f"build of {part[0]}", build(lab, *part)) for part in parts])
    if built:
        if stacks != ["c-c"]:
            machine_code.run(lab, tally)
            layout.run(lab, tally)
        guests.run_all(lab, tally, stacks, tests)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
