# SPDX-License-Identifier: GPL-2.0-only
"""The checker of limits is checked: what breaks a limit fails, what is missing too."""

import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "lab")]

# pylint: disable=wrong-import-position
import figures  # noqa: E402
import machine  # noqa: E402
import tables  # noqa: E402

MOST = figures.Limit("a", "a", most=10)
LEAST = figures.Limit("b", "b", least=1.9)
OF_C = figures.Limit("c", "c", of_c=1.5)


class Limits(unittest.TestCase):
    def test_kept(self):
        self.assertEqual(figures.judge([MOST, LEAST, OF_C], {"c": 100}, {"a": 10, "b": 1.9, "c": 150}), [])

    def test_broken(self):
        self.assertEqual(len(figures.judge([MOST, LEAST, OF_C], {"c": 100}, {"a": 10.1, "b": 1.89, "c": 151})), 3)

    def test_missing(self):
        self.assertEqual(len(figures.judge([MOST, LEAST, OF_C], {"c": 100}, {})), 3)
        self.assertEqual(len(figures.judge([OF_C], {}, {"c": 1})), 1)
        self.assertEqual(len(figures.judge([MOST], {}, {"a": float("nan")})), 1)
        self.assertEqual(len(figures.judge([], {}, {})), 1)

    def test_file(self):
        names = [limit.figure for limit in figures.load()]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(any(limit.check for limit in figures.load()))

    def test_file_with_a_mistake(self):
        for text in ("", "most = 1\nleast = 1", "mots = 1"):
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(f'[[limit]]\nfigure = "a"\nwhat = "a"\n{text}\n')
                file.flush()
                self.assertRaises((ValueError, TypeError), figures.load, file.name)

    def test_table_tells_what_was_missed(self):
        text = tables.limits_table([MOST, OF_C], {"c": 100}, {"a": 11, "c": 100})
        self.assertIn("**missed**", text.splitlines()[2])
        self.assertIn("ok", text.splitlines()[3])


    def test_report_survives_what_is_missing(self):
        text = tables.report([MOST], {}, {"add.hash.10": 5.0, "a": 3.0}, ["a line"])
        self.assertIn("| add all, hash | - / 5 |", text)


class Derived(unittest.TestCase):
    def test_exponents(self):
        self.assertAlmostEqual(figures.exponent({10: 100, 100: 10000, 1000: 10**6}, 0), 2)
        self.assertAlmostEqual(figures.exponent({1: 5, 10: 100, 100: 1000}, 10), 1)
        self.assertIsNone(figures.exponent({10: 100}, 0))

    def test_median_and_ratios(self):
        out = figures.settle({"get.first.10": [100], "get.last.10": [90, 110, 500], "x.locked": [4000], "x.calls": [2000]})
        self.assertAlmostEqual(out["get.last-of-first.10"], 1.1)
        self.assertEqual(out["x.locked"], 2)


class Reports(unittest.TestCase):
    GOOD = ("figure a 1\nfigure a 3\nfigure m.instructions 8\ndone job\nexit-status 0\n"
            "taint-of-nfnetlink_acct OE\ntaint-of-xt_nfacct OE\n#dmesg begin\n#dmesg [0] Linux version\n#end\n")

    def faults(self, text, implementation="rust"):
        return machine.faults(machine.parse(text), implementation, ["job"])

    def test_good(self):
        self.assertEqual(machine.parse(self.GOOD).figures["a"], [1, 3])
        self.assertEqual(self.faults(self.GOOD), [])

    def test_bad(self):
        for gone in ("#end\n", "done job\n", "exit-status 0\n", "taint-of-xt_nfacct OE\n"):
            self.assertTrue(self.faults(self.GOOD.replace(gone, "")), gone)
        self.assertTrue(self.faults(self.GOOD.replace("exit-status 0", "exit-status 134")))
        self.assertTrue(self.faults(self.GOOD.replace("#end", "#dmesg [1] WARNING: CPU: 0 PID: 1 at net/x.c:1\n#end")))

    def test_the_other_modules_were_measured(self):
        self.assertTrue(self.faults(self.GOOD, "c"))

    def test_lines_of_the_plugin(self):
        report = machine.parse(self.GOOD)
        lines = "9 0 0 0\n17 0 1 1\n25 2 7 3\n" * 3
        self.assertEqual(machine.counted(report, lines)["m.locked"], [2])
        self.assertEqual(machine.counted(report, lines)["m.plugin"], [8])
        self.assertRaises(machine.BenchError, machine.counted, report, lines + "1 1 1 1\n")


if __name__ == "__main__":
    unittest.main()
