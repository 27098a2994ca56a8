# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the search for splats in kernel logs."""

import unittest

import splats

ASKED_FOR = ("[ 1.0] guest-tests invoked oom-killer: gfp_mask=0x400cc0(GFP_KERNEL_ACCOUNT), "
             "order=0, oom_score_adj=-1000")
STACK = ["[ 1.1] Call Trace:", "[ 1.2]  dump_stack_lvl+0x5d/0x80", "[ 1.3]  </TASK>"]


class Splats(unittest.TestCase):
    """A report that a test provokes is no splat, all others are."""

    def test_provoked_report(self):
        """The report of a full control group ends with its stack."""
        self.assertEqual(splats.find([ASKED_FOR, *STACK]), [])
        self.assertEqual(splats.find([ASKED_FOR, *STACK, STACK[0]]), [STACK[0]])

    def test_failure_that_was_asked_for(self):
        """The kernel reports it with a stack when x_tables has no memory for counters."""
        line = "[ 1.0] guest-tests: vmalloc error: size 64, vm_struct allocation failed, mode:0xdc0(GFP_KERNEL)"
        self.assertEqual(splats.find([line, *STACK]), [])
        for other in (line.replace("guest-tests", "insmod"), line.replace("vm_struct", "page")):
            self.assertEqual(splats.find([other, *STACK]), [STACK[0]])

    def test_reports_within_it(self):
        """What another processor reports meanwhile is not hidden, nor is all the rest of the log."""
        mistake = "[ 1.1] BUG: KASAN: slab-use-after-free in nfacct"
        self.assertEqual(splats.find([ASKED_FOR, mistake, *STACK]), [mistake, STACK[0]])
        cut = [ASKED_FOR, *["[ 1.1]  frame"] * splats.PROVOKED_LINES, STACK[0]]
        self.assertEqual(splats.find(cut), [STACK[0]])

    def test_other_reports(self):
        """Another process, or another kind of memory, is a splat."""
        for line in (ASKED_FOR.replace("guest-tests", "modprobe"), ASKED_FOR.replace("-1000", "0"),
                     ASKED_FOR.replace("GFP_KERNEL_ACCOUNT", "GFP_KERNEL")):
            self.assertEqual(splats.find([line, *STACK]), [STACK[0]])


if __name__ == "__main__":
    unittest.main()
