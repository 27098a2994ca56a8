# SPDX-License-Identifier: GPL-2.0-only
"""The comparison must see every difference that is not declared, and every
declared one that is not there."""

import tempfile
import unittest
from pathlib import Path

from compare import across, compare, load_deviations

SAME = {("reset.dump", "reply"): "0102", ("reset.dump", "lost"): "0"}
ENTRY = {"id": "d", "test": "reset.dump", "step": "lost", "stacks": ["c-rust", "rust-rust"],
         "c": "[1-9]", "rust": "0", "reason": "why"}


def judge(c, rust, deviations=(), tests=("reset.dump",), stacks=("c-rust", "rust-rust")):
    """Compare C with the same observations on the other stacks."""
    observed = {"c-c": c, **{s: rust for s in stacks}}
    groups = compare(observed, {s: set(tests) for s in observed}, list(deviations))
    return groups, [c for complaints in groups.values() for c in complaints]


class Compare(unittest.TestCase):
    """Undeclared differences fail, declared ones are mandatory."""

    def test_equal(self):
        groups, complaints = judge(SAME, SAME)
        self.assertEqual((list(groups), complaints), (["reset.dump"], []))

    def test_undeclared_difference(self):
        _, complaints = judge(SAME, {**SAME, ("reset.dump", "reply"): "0103"})
        self.assertEqual(len(complaints), 2)

    def test_missing_and_additional_steps(self):
        less = {("reset.dump", "reply"): "0102"}
        self.assertTrue(judge(SAME, less)[1])
        self.assertTrue(judge(less, SAME)[1])

    def test_declared_difference(self):
        groups, complaints = judge({**SAME, ("reset.dump", "lost"): "5"}, SAME, [ENTRY])
        self.assertEqual(complaints, [])
        self.assertIn("deviation d", groups)

    def test_difference_disappeared(self):
        self.assertIn("is gone", judge(SAME, SAME, [ENTRY])[1][0])

    def test_c_value_unexpected(self):
        self.assertIn("expected '[1-9]'", judge({**SAME, ("reset.dump", "lost"): "55"}, SAME, [ENTRY])[1][0])

    def test_rust_value_unexpected(self):
        c = {**SAME, ("reset.dump", "lost"): "5"}
        self.assertIn("expected '0'", judge(c, {**SAME, ("reset.dump", "lost"): "1"}, [ENTRY])[1][0])

    def test_declared_step_missing(self):
        reply = {("reset.dump", "reply"): "0102"}
        self.assertIn("no such step", judge(reply, reply, [ENTRY])[1][0])

    def test_declared_step_missing_on_one_side(self):
        self.assertIn("not observed", judge({**SAME, ("reset.dump", "lost"): "5"},
                                            {("reset.dump", "reply"): "0102"}, [ENTRY])[1][0])

    def test_other_tests_are_not_judged(self):
        other = {("names.long", "errno"): "22"}
        self.assertEqual(judge(other, other, [ENTRY], tests=("names.long",))[1], [])

    def test_stack_that_is_not_declared(self):
        entry = {**ENTRY, "stacks": ["rust-rust"]}
        complaints = judge({**SAME, ("reset.dump", "lost"): "5"}, SAME, [entry])[1]
        self.assertEqual(len(complaints), 1)
        self.assertIn("c-rust", complaints[0])

    def test_glob(self):
        c = {("reset.dump", "lost-4k"): "5", ("reset.dump", "lost-8k"): "0"}
        rust = {("reset.dump", "lost-4k"): "0", ("reset.dump", "lost-8k"): "0"}
        complaints = judge(c, rust, [{**ENTRY, "step": "lost-*"}], stacks=("rust-rust",))[1]
        self.assertEqual(len(complaints), 1)

    def test_failed_tests_are_not_compared(self):
        self.assertEqual(judge(SAME, {}, tests=())[1], [])


class Across(unittest.TestCase):
    """Of two kernels those steps are compared that the shorter run has made."""

    LONG = {("fuzz.first_seed", f"block-{n}"): f"{n:016x}" for n in range(5)}
    SHORT = dict(list(LONG.items())[:2])

    def judge(self, observed):
        """Compare with the longer run."""
        return across(self.LONG, {("names.long", "errno"): "22", **observed}, "fuzz.*_seed", "block-*")

    def test_equal(self):
        self.assertEqual(self.judge(self.SHORT), [])

    def test_one_differs(self):
        complaints = self.judge({**self.SHORT, ("fuzz.first_seed", "block-1"): "bad"})
        self.assertEqual(complaints, ["fuzz.first_seed block-1: c-c '0000000000000001', here 'bad'"])

    def test_missing_in_the_reference(self):
        self.assertIn("c-c nothing", self.judge({("fuzz.second_seed", "block-0"): "0"})[0])

    def test_nothing_in_common(self):
        self.assertEqual(len(self.judge({})), 1)
        self.assertEqual(len(self.judge({("fuzz.first_seed", "send-0001"): "00"})), 1)


class Deviations(unittest.TestCase):
    """A sloppy entry is refused."""

    def load(self, text):
        """Load a file with this text."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "deviations.toml"
            path.write_text(text)
            return load_deviations(path)

    def entry(self, **changes):
        """Return one entry as TOML."""
        entry = {**ENTRY, **changes}
        return "[[deviation]]\n" + "".join(f"{k} = {v!r}\n" for k, v in entry.items() if v is not None)

    def test_good(self):
        self.assertEqual(self.load(self.entry()), [ENTRY])
        self.assertEqual(self.load(self.entry(kernel="debug")), [{**ENTRY, "kernel": "debug"}])

    def test_bad(self):
        for text in (self.entry(reason=None), self.entry(reason=" "), self.entry(stacks=["c-c"]),
                     self.entry(stacks=[]), self.entry(extra="x"), self.entry(kernel="other"),
                     self.entry() * 2):
            with self.subTest(text):
                self.assertRaises(ValueError, self.load, text)
