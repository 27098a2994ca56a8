# SPDX-License-Identifier: GPL-2.0-only
"""Fuzzes the userland as a part of continuous integration, where the host can."""

import subprocess

from lab import HERE, say

NOT_HERE = 77


def run(tally):
    """Record whether all targets held; a host without the tools is told so."""
    say("fuzzing the userland")
    done = subprocess.run([HERE.parent.parent / "scripts/fuzz.sh"], capture_output=True, text=True, check=False)
    if done.returncode == NOT_HERE:
        say(done.stderr.strip())
        return
    tally.record("fuzz targets of the userland",
                 [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()[-60:])
