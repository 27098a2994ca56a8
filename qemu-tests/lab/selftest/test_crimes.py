# SPDX-License-Identifier: GPL-2.0-only
"""A checker that stays silent about its crime must fail the run."""

import re
import tempfile
import unittest
from pathlib import Path

from crimes import judge, load, sections

FIXTURES = Path(__file__).resolve().parent / "fixtures"
LOG = (FIXTURES / "crimes.log").read_text().splitlines()
CRIMES = load()


class Reports(unittest.TestCase):
    """The log of a real run, whole and with reports left out."""

    def test_every_crime_was_reported(self):
        found = sections(LOG)
        for crime in CRIMES:
            with self.subTest(crime["name"]):
                self.assertEqual(judge(crime, found.get(crime["number"])), [])

    def test_silence_is_a_failure(self):
        found = sections(LOG)
        for crime in CRIMES:
            for report in crime["reports"]:
                with self.subTest(crime["name"], report=report):
                    rest = [s for s in found[crime["number"]] if not re.search(report, s)]
                    self.assertIn(f"no checker reported: {report}", judge(crime, rest))

    def test_another_crimes_report_does_not_count(self):
        found = sections(LOG)
        for crime in CRIMES:
            for other in CRIMES:
                # A crime with the same reports, and the panic whose stack names everything.
                if crime["reports"] and crime["reports"][0] not in other["reports"]:
                    with self.subTest(crime["name"], other=other["name"]):
                        self.assertTrue(judge(crime, found[other["number"]]))

    def test_the_innocent_must_not_be_accused(self):
        innocent = next(crime for crime in CRIMES if not crime["reports"])
        accused = sections(LOG)[5]
        self.assertTrue(judge(innocent, accused))

    def test_a_crime_that_was_not_committed(self):
        self.assertTrue(judge(CRIMES[1], sections([]).get(1)))

    def test_too_few_leaks(self):
        leak = next(crime for crime in CRIMES if "kmemleak" in "".join(crime["reports"]))
        few = ["[1.0] kmemleak: 99 new suspected memory leaks (see /sys/kernel/debug/kmemleak)"]
        self.assertTrue(judge(leak, few))


class List(unittest.TestCase):
    """A sloppy list of crimes is refused."""

    def test_bad(self):
        entry = '[[crime]]\nnumber = 1\nname = "x"\nreports = []\n'
        for text in (entry * 2, entry.replace("number", "nummer"), entry + "more = 1\n"):
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "crimes.toml"
                path.write_text(text)
                self.assertRaises(ValueError, load, path)
