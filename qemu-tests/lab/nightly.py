# SPDX-License-Identifier: GPL-2.0-only
"""Runs what needs a nightly Rust as a part of continuous integration, where the host can."""

import subprocess

from lab import HERE, say

SCRIPTS = HERE.parent.parent / "scripts"
NOT_HERE = 77


def fuzz(tally):
    """Record whether all fuzz targets of the userland held."""
    run(tally, "fuzz.sh", "fuzz targets of the userland")


def miri(tally):
    """Record whether Miri found nothing."""
    run(tally, "miri.sh", "tests of the rules and of the parser in Miri")


def run(tally, script, name):
    """Record one of the scripts; a host without the tools is told so."""
    say(f"running the {name}")
    done = subprocess.run([SCRIPTS / script], capture_output=True, text=True, check=False)
    if done.returncode == NOT_HERE:
        say(done.stderr.strip())
        return
    tally.record(name, [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()[-60:])
