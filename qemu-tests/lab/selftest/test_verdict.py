# SPDX-License-Identifier: GPL-2.0-only
"""The verdict must fail when it should: each case spoils a good run once."""

import unittest
from pathlib import Path

import results
import splats
import verdict

FIXTURES = Path(__file__).resolve().parent / "fixtures"
GOOD = (FIXTURES / "ok.log").read_text()


def faults(text):
    """Judge a results stream."""
    return verdict.faults(results.parse(text), "rust-rust")


def without(prefix):
    """Return the good run without the lines that start so."""
    return "".join(line for line in GOOD.splitlines(True) if not line.startswith(prefix))


class Verdict(unittest.TestCase):
    """Each spoiled run must be called bad for the right reason."""

    def assert_fault(self, text, reason):
        """Exactly one complaint, and it is the expected one."""
        self.assertNotEqual(text, GOOD, "the run was not spoiled")
        found = faults(text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])

    def test_good_run(self):
        self.assertEqual(faults(GOOD), [])

    def test_nothing_at_all(self):
        self.assertTrue(faults(""))

    def test_missing_end_marker(self):
        self.assert_fault(without("#end"), "no end marker")

    def test_end_marker_cut_short(self):
        self.assert_fault(GOOD.replace("#end\n", "#en"), "no end marker")

    def test_result_cut_short(self):
        """A name without its end is not a result."""
        cut = GOOD[:GOOD.rindex("\nok ") + 10]
        self.assertEqual(len(results.parse(cut).tests), len(results.parse(GOOD).tests) - 1)

    def test_missing_header(self):
        self.assert_fault(without("KTAP version"), "no KTAP header")

    def test_missing_plan(self):
        self.assert_fault(without("1..3"), "no KTAP plan")

    def test_too_few_tests(self):
        self.assert_fault(without("ok 3"), "planned 1..3, got 2")

    def test_too_many_tests(self):
        self.assert_fault(GOOD.replace("1..3", "1..2"), "planned 1..2, got 3")

    def test_out_of_order(self):
        self.assert_fault(GOOD.replace("ok 1 -", "ok 7 -"), "out of order")

    def test_no_test_at_all(self):
        empty = "".join(line for line in GOOD.splitlines(True) if not line.startswith(("ok ", "#obs")))
        self.assert_fault(empty.replace("1..3", "1..0"), "no test was run")

    def test_same_name_twice(self):
        self.assert_fault(GOOD.replace("- quota.boundary", "- netlink.add_and_get"), "reported twice")

    def test_same_observation_twice(self):
        self.assert_fault(GOOD.replace("boundary match", "boundary events"), "made twice")

    def test_bail_out(self):
        self.assert_fault(GOOD.replace("1..3", "Bail out! no modules\n1..3"), "no modules")

    def test_crashed_test_program(self):
        self.assert_fault(GOOD.replace("exit-status 0", "exit-status 139"), "exited with 139")

    def test_exit_status_must_fit_the_results(self):
        self.assert_fault(GOOD.replace("ok 3", "not ok 3"), "exited with 0, some tests failed")
        self.assert_fault(GOOD.replace("exit-status 0", "exit-status 1"), "exited with 1, no test failed")

    def test_taint_before(self):
        self.assert_fault(GOOD.replace("taint-before 0", "taint-before 512"), "taint-before is 512")

    def test_taint_after(self):
        self.assert_fault(GOOD.replace("taint-after 12288", "taint-after 12800"), "taint-after is 12800")

    def test_taint_not_reported(self):
        self.assert_fault(without("#health taint-after"), "taint-after was not reported")

    def test_kfence_counter(self):
        self.assert_fault(GOOD.replace("total bugs: 0", "total bugs: 1"), "kfence: total bugs: 1")

    def test_lost_percpu_cell(self):
        self.assert_fault(GOOD.replace("percpu-charged-after 0", "percpu-charged-after 32"), "a leak")

    def test_lost_percpu_pages(self):
        self.assert_fault(GOOD.replace("percpu-kB-after 640", "percpu-kB-after 3640"), "a leak")

    def test_lost_objects(self):
        self.assert_fault(GOOD.replace("cg-256-after 34", "cg-256-after 1029"), "kmalloc-cg-256 grew")

    def test_gauge_missing(self):
        self.assert_fault(without("#health kmalloc-96-after"), "kmalloc-96 was not measured")

    def test_module_stuck(self):
        self.assert_fault(GOOD.replace("#health exit", "#health stuck xt_nfacct\n#health exit"), "unloaded")

    def test_empty_kernel_log(self):
        self.assert_fault(without("#dmesg ["), "kernel log is empty")

    def test_kernel_log_without_its_beginning(self):
        lost = "".join(line for line in GOOD.splitlines(True) if "Linux version" not in line)
        self.assert_fault(lost, "lacks its beginning")

    def test_wrong_pair(self):
        self.assert_fault(GOOD.replace("taint-of-xt_nfacct OE", "taint-of-xt_nfacct none"), "on rust-rust it must be")

    def test_pair_not_reported(self):
        self.assert_fault(without("#health taint-of-nfnetlink_acct"), "on rust-rust it must be")

    def test_skipped(self):
        skipped = GOOD.replace("ok 2 - rules.needs_a_tool", "ok 2 - rules.needs_a_tool # SKIP no such tool")
        self.assert_fault(skipped, "was skipped: no such tool")

    def test_failing_test_is_read(self):
        parsed = results.parse(GOOD.replace("ok 3", "# why\nnot ok 3").replace("a_tool\n", "a_tool # SKIP no such tool\n"))
        self.assertFalse(parsed.tests[2].ok)
        self.assertEqual(parsed.tests[2].notes, ["# why"])
        self.assertEqual(parsed.tests[1].skipped, "no such tool")


class DebugKernel(unittest.TestCase):
    """Its checkers must be on to the end, and silent."""

    good = "".join(line for line in GOOD.splitlines(True) if not line.startswith("#health kmalloc"))
    good = good.replace("kfence total bugs: 0", "leaks 0\n#health lock-checking 1").replace("12288", "4096").replace("OE", "O")

    def judge(self, text):
        """Judge a run on the debug kernel."""
        return verdict.faults(results.parse(text), "rust-rust", debug=True)

    def test_good_run(self):
        self.assertEqual(self.judge(self.good), [])

    def test_leak(self):
        found = self.judge(self.good.replace("leaks 0", "leaks 2\n#leak unreferenced object 0xff"))
        self.assertEqual(found, ["leaks: 2, not 0", "leak: unreferenced object 0xff"])

    def test_no_scan(self):
        self.assertEqual(self.judge(self.good.replace("#health leaks 0\n", "")), ["leaks: not reported, not 0"])

    def test_lock_checking_gave_up(self):
        self.assertEqual(self.judge(self.good.replace("lock-checking 1", "lock-checking 0")), ["lock-checking: 0, not 1"])

    def test_lost_percpu_cell(self):
        self.assertEqual(len(self.judge(self.good.replace("percpu-charged-after 0", "percpu-charged-after 32"))), 1)

    def test_the_packaged_kernel_is_no_substitute(self):
        self.assertEqual(len(self.judge(GOOD)), 2)


class KernelLog(unittest.TestCase):
    """Every kind of report is found; an ordinary log is not accused."""

    def test_reports_are_found(self):
        files = sorted((FIXTURES / "splats").glob("*.txt"))
        self.assertGreater(len(files), 10)
        for path in files:
            with self.subTest(path.name):
                spoiled = GOOD.replace("#end\n", "".join(f"#dmesg {s}\n" for s in path.read_text().splitlines()) + "#end\n")
                self.assertTrue(any(f.startswith("kernel log:") for f in faults(spoiled)))

    def test_ordinary_logs_pass(self):
        for path in sorted((FIXTURES / "clean").glob("*.txt")):
            with self.subTest(path.name):
                self.assertEqual(splats.find(path.read_text().splitlines()), [])

    def test_allowing_needs_a_reason(self):
        lists = Path(__file__).resolve().parent / "fixtures"
        self.assertRaises(ValueError, splats.patterns, lists / "no-reason" / "dmesg-allow")

    def test_allowed_lines_are_left_out(self):
        allow = FIXTURES / "with-reason" / "dmesg-allow"
        log = (FIXTURES / "splats" / "unknown-symbol.txt").read_text().splitlines()
        self.assertEqual(splats.find(log, allow=allow), [])
