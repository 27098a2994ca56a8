# SPDX-License-Identifier: GPL-2.0-only
"""Where things are: the root, the results, and how to run something inside."""

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class LabError(Exception):
    """The lab cannot do what it is asked for; the text tells the user why."""


@dataclass
class Lab:
    """One suite's root and this checkout's results for it."""

    suite: str
    root: Path
    out: Path
    kernel: str


def open_lab():
    """Make sure that the root exists and describe it."""
    suite = os.environ.get("SUITE") or "forky"
    env = dict(os.environ, SUITE=suite)
    paths = subprocess.run([HERE / "root.sh"], env=env, stdout=subprocess.PIPE,
                           text=True, check=False)
    if paths.returncode:
        raise LabError("the lab's root cannot be made")
    root, out = (Path(line) for line in paths.stdout.split("\n")[:2])
    hold(root)
    return Lab(suite, root, out, (root / ".lab/kernel").read_text().strip())


def hold(directory):
    """Have nobody remove a directory of the cache before this program ends."""
    fcntl.flock(os.open(directory, os.O_RDONLY), fcntl.LOCK_SH)


def unused(directory):
    """Return whether nobody holds a directory."""
    file = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True


def door(lab, *command):
    """Return the command line that runs a command inside the root."""
    return [str(HERE / "enter.sh"), str(lab.root), *command]


def in_root(lab, *command):
    """Run a command inside the root and return what it printed."""
    return subprocess.run(door(lab, *command), env=dict(os.environ, SUITE=lab.suite),
                          capture_output=True, text=True, check=False)


def say(text):
    """Tell the user something; results go to stdout, so this does not."""
    print(text, file=sys.stderr, flush=True)
