# SPDX-License-Identifier: GPL-2.0-only
"""Runs tests in Miri as a part of continuous integration, where the host can."""

import subprocess

from lab import HERE, say

NOT_HERE = 77


def run(tally):
    """Record whether Miri found nothing; a host without it is told so."""
    say("running the tests of the rules and of the parser in Miri")
    done = subprocess.run([HERE.parent.parent / "scripts/miri.sh"], capture_output=True, text=True, check=False)
    if done.returncode == NOT_HERE:
        say(done.stderr.strip())
        return
    tally.record("tests of the rules and of the parser in Miri",
                 [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()[-60:])
