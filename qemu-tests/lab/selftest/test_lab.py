# SPDX-License-Identifier: GPL-2.0-only
"""However a run ends, it says how many failed; and nobody removes what is in use."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import boot
import test
from lab import HERE, LabError, hold
from tally import counted


def last_line(main):
    """Run main under counted(); return its last line and status."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = counted(main)
    return out.getvalue().splitlines()[-1], status


class Summary(unittest.TestCase):
    """The last line and the exit status."""

    def test_success(self):
        self.assertEqual(last_line(lambda tally: tally.record("a")), ("1 passed, 0 failed", 0))

    def test_nothing_was_run(self):
        self.assertEqual(last_line(lambda tally: None), ("0 passed, 0 failed", 1))

    def test_the_lab_cannot_be_opened(self):
        def main(_):
            raise LabError("no root")
        self.assertEqual(last_line(main), ("0 passed, 1 failed", 1))

    def test_a_mistake_of_the_lab(self):
        def main(tally):
            tally.record("a")
            raise KeyError("b")
        self.assertEqual(last_line(main), ("1 passed, 1 failed", 1))

    def test_an_exit_on_the_way(self):
        self.assertEqual(last_line(lambda tally: sys.exit(0)), ("0 passed, 1 failed", 1))


class Settings(unittest.TestCase):
    """What reaches the guest's shell is checked."""

    def test_good(self):
        with mock.patch.dict(os.environ, {"SUITE_TESTS": "quota.* dump", "TEST_ARGS": "--seed 7"}):
            self.assertEqual(test.settings("--scale debug"),
                             {"TESTS": "quota.* dump", "OPTIONS": "--scale debug --seed 7"})

    def test_bad(self):
        for name, value in (("SUITE_TESTS", "a;b"), ("TEST_ARGS", "$(x)"), ("TEST_ARGS", "a'b")):
            with self.subTest(value), mock.patch.dict(os.environ, {name: value}):
                self.assertRaises(LabError, test.settings)

    def test_unknown_stack(self):
        with mock.patch.dict(os.environ, {"STACKS": "c-c d-d"}):
            self.assertRaises(LabError, test.stacks, [])


class TimeOuts(unittest.TestCase):
    """They grow with the load and on a slower machine."""

    def factor(self, seconds, load):
        """Return the factor for a machine and a load of each processor."""
        boot.machine.cache_clear()
        self.addCleanup(boot.machine.cache_clear)
        with mock.patch("boot.loop", return_value=seconds), \
                mock.patch("os.getloadavg", return_value=(load * os.cpu_count(), 0, 0)):
            return boot.slowness()

    def test_idle(self):
        self.assertEqual(self.factor(boot.REFERENCE / 2, 0.1), 1)

    def test_slow_and_busy(self):
        self.assertAlmostEqual(self.factor(boot.REFERENCE * 3, 2), 6)


class InUse(unittest.TestCase):
    """A root or debug kernel that somebody holds stays."""

    def remove(self, directory):
        """Try to remove a directory of the cache in another process."""
        return subprocess.run(["bash", "-c", '. "$0/common.sh"; remove_unused "$1"', str(HERE), str(directory)],
                              check=False).returncode

    def test_held_and_free(self):
        with tempfile.TemporaryDirectory() as folder:
            held, free = Path(folder) / "held", Path(folder) / "free"
            held.mkdir()
            free.mkdir()
            hold(held)
            self.assertNotEqual(self.remove(held), 0)
            self.assertEqual(self.remove(free), 0)
            self.assertEqual((held.exists(), free.exists()), (True, False))
