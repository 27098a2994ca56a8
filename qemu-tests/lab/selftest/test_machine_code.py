# SPDX-License-Identifier: GPL-2.0-only
"""The check of the packet path must see calls, locks and detours in it."""

import unittest

from machine_code import PANIC, Instruction, is_locked, overflow_checks, packet_paths

GOOD = """
0000000000000050 <__pfx_match_callback>:
  50:\tnop

0000000000000060 <match_callback>:
  60:\tendbr64
  64:\tmov    (%rdi),%rdx
  7a:\tincq   %gs:(%rdx)
  7e:\tadd    %rax,%gs:0x8(%rdx)
  83:\ttest   %rcx,%rcx
  85:\tje     a0 <match_callback+0x40>
  8a:\tcmp    %gs:(%rcx),%rdx
  8e:\tjns    94 <match_callback+0x34>
\t\t\t90: R_X86_64_PLT32\tnfacct_match3ask-0x4
  94:\tmov    0x11(%rcx),%al
  98:\tjmp    a0 <match_callback+0x40>
\t\t\t99: R_X86_64_PLT32\t__x86_return_thunk-0x4
  a0:\tmov    $0x1,%al
  a2:\tret
"""
COUNT = "  7e:\tadd    %rax,%gs:0x8(%rdx)\n"


class PacketPaths(unittest.TestCase):
    """Every path is judged, up to where it asks."""

    def complaints(self, listing):
        """Return the complaints about a listing."""
        return packet_paths(listing)[0]

    def test_good(self):
        self.assertEqual(packet_paths(GOOD), ([], [8, 10]))

    def test_call(self):
        self.assertTrue(self.complaints(GOOD.replace(COUNT, COUNT + "  81:\tcall   90 <x>\n")))

    def test_lock(self):
        self.assertTrue(self.complaints(GOOD.replace(COUNT, COUNT + "  81:\tlock incq (%rdi)\n")))

    def test_lock_with_quota(self):
        known = "  94:\tmov    0x11(%rcx),%al\n"
        self.assertTrue(self.complaints(GOOD.replace(known, "  94:\tlock incq (%rdi)\n")))

    def test_another_detour(self):
        self.assertTrue(self.complaints(GOOD.replace("nfacct_match3ask", "somewhere_else")))

    def test_implicit_lock(self):
        self.assertTrue(self.complaints(GOOD.replace(COUNT, COUNT + "  81:\txchg   %rax,(%rdi)\n")))

    def test_tail_call(self):
        self.assertTrue(self.complaints(GOOD.replace("__x86_return_thunk", "somewhere_else")))

    def test_loop(self):
        self.assertTrue(self.complaints(GOOD.replace(COUNT, COUNT + "  81:\tjmp    64 <match_callback+0x4>\n")))

    def test_shared_counter(self):
        self.assertTrue(self.complaints(GOOD.replace("%gs:", "")))

    def test_function_missing(self):
        self.assertTrue(self.complaints(GOOD.replace("match_callback", "other")))

    def test_locks(self):
        self.assertFalse(is_locked(Instruction("xchg   %ax,%ax")))
        self.assertTrue(is_locked(Instruction("lock bts $0x0,(%rax)")))

    def test_panics(self):
        self.assertTrue(PANIC.search("U _RNvNtNtCs_4core9panicking11panic_const24panic_const_add_overflow"))
        self.assertTrue(PANIC.search("U rust_helper_BUG"))
        self.assertFalse(PANIC.search("U rust_helper_mutex_lock"))

    def test_overflow_checks(self):
        self.assertEqual(overflow_checks("CONFIG_RUST=y\nCONFIG_RUST_OVERFLOW_CHECKS=y\n"), [])
        self.assertTrue(overflow_checks("# CONFIG_RUST_OVERFLOW_CHECKS is not set\n"))
