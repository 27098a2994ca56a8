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
import guests
import test
from lab import HERE, LabError, hold
from tally import Tally, counted


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


class PatienceWithGuests(unittest.TestCase):
    """The time of a guest passes slower while the machine is busy."""

    def spend(self, steps, total=100, idle=30):
        """Return the verdict after steps of (seconds, slowness, news)."""
        patience = boot.Patience(total, idle)
        for seconds, slowness, news in steps:
            with mock.patch("boot.slowness", return_value=slowness):
                patience.spend(seconds, news)
        return patience.over()

    def test_what_passed_under_load_counts_little_afterwards(self):
        self.assertIsNone(self.spend([(700, 8, True), (10, 1, True)]))

    def test_too_long(self):
        self.assertIn("not finished", self.spend([(60, 1, True), (90, 2, True)]))

    def test_too_quiet(self):
        self.assertIsNone(self.spend([(20, 1, False), (1, 1, True), (20, 1, False)]))
        self.assertIn("no result", self.spend([(20, 1, False), (20, 1, False)]))


class Stopped(unittest.TestCase):
    """Whatever goes wrong, no guest is left and none is started."""

    def tearDown(self):
        boot.stopping.clear()

    def test_none_is_started_afterwards(self):
        boot.stop_all()
        with mock.patch("subprocess.Popen") as popen:
            self.assertEqual(boot.follow(None, [], None, "guest"), (0.0, boot.STOPPED))
        popen.assert_not_called()

    def test_an_interrupt_ends_those_that_wait(self):
        started = []

        def guest(number):
            if not boot.stopping.is_set():
                started.append(number)
            self.assertTrue(boot.stopping.wait(60))

        def mode(_lab, _tally, workers):
            for number in range(20):
                workers.submit(guest, number)
            raise KeyboardInterrupt
        with mock.patch.object(test, "open_lab"), mock.patch.dict(test.MODES, {"": mode}), \
                mock.patch.object(sys, "argv", ["test.py"]), mock.patch("signal.signal"):
            self.assertEqual(last_line(test.main), ("0 passed, 1 failed", 1))
        self.assertLessEqual(len(started), os.cpu_count())

    def test_a_guest_that_could_not_run_fails_and_the_others_count(self):
        tally = Tally()
        guest = mock.Mock(result=mock.Mock(side_effect=OSError("no space")))
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertIsNone(guests.outcome(tally, "c-c", guest))
        self.assertEqual(tally.failures, ["guest of c-c"])


class Deviations(unittest.TestCase):
    """In a run of everything each entry must have its test, on the kernel that it is for."""

    def failures(self, debug, entry):
        """Return what fails if no test of that name was run."""
        tally = Tally()
        kernel = mock.Mock(debug=debug)
        found = mock.Mock(tests=[], observations={})
        runs = {stack: mock.Mock(result=mock.Mock(return_value=(found, []))) for stack in ("c-c", "rust-rust")}
        with mock.patch("compare.load_deviations", return_value=[entry]), contextlib.redirect_stderr(io.StringIO()):
            guests.finish(tally, guests.Batch(kernel, {"TESTS": ""}, runs))
        return tally.failures

    def test_without_its_test(self):
        entry = {"id": "d", "test": "faults.gone", "stacks": ["rust-rust"]}
        self.assertEqual(self.failures(False, entry), ["deviation d"])
        self.assertEqual(self.failures(False, {**entry, "kernel": "debug"}), [])
        self.assertEqual(self.failures(True, {**entry, "kernel": "debug"}), ["deviation d"])


class FuzzOfBothKernels(unittest.TestCase):
    """The debug kernel's part in continuous integration has no C beside it, but that of the packaged kernel."""

    def passes(self, packaged, checked):
        """Return whether the comparison passes; the guests observed these hashes."""
        batches = []
        for debug, run in ((False, packaged), (True, checked)):
            results = {stack: mock.Mock(tests=[], observations={("fuzz.first_seed", "block-0"): value})
                       for stack, value in run.items()}
            guest = {s: mock.Mock(result=mock.Mock(return_value=(found, []))) for s, found in results.items()}
            batches.append(guests.Batch(mock.Mock(debug=debug), {"TESTS": "fuzz"}, guest))
        tally = mock.Mock()
        parts = dict.fromkeys(("lint", "nightly", "kernels", "crimes", "bench", "check_stock", "build"), mock.DEFAULT)
        with mock.patch.multiple(test, **parts), mock.patch("guests.start", side_effect=batches), \
                mock.patch.dict(os.environ, {"SUITE_TESTS": "", "STACKS": "", "TEST_ARGS": ""}):
            test.integration(None, tally, None)
        recorded = {call.args[0]: call.args[1] for call in tally.record.call_args_list}
        return not recorded["comparison of the debug kernel's fuzz with c-c"]

    def test_verdict(self):
        self.assertTrue(self.passes({"c-c": "1", "rust-rust": "1"}, {"rust-rust": "1"}))
        self.assertTrue(self.passes({"c-c": "1"}, {"rust-rust": "1"}))
        self.assertFalse(self.passes({"c-c": "1", "rust-rust": "1"}, {"rust-rust": "2"}))
        self.assertFalse(self.passes({"c-c": "1", "rust-rust": "2"}, {"rust-rust": "2"}))
        self.assertFalse(self.passes({"c-c": "1", "rust-rust": "1"}, {}))


class Logs(unittest.TestCase):
    """Old logs are removed, but not those of a run that goes on."""

    def test_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            lab = mock.Mock(out=Path(folder))
            first = guests.new_runs(lab)
            for number in range(2 * guests.KEPT):
                (first.parent / f"0{number:02}").mkdir()
            self.assertTrue(guests.new_runs(lab).exists() and first.exists())
            self.assertLessEqual(len(list(first.parent.iterdir())), guests.KEPT + 2)


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
