// SPDX-License-Identifier: GPL-2.0-only

//! A 64-bit word that all CPUs change.
//!
//! C counterpart: `atomic64_t`. The kernel's [`Atomic`] does the work; the operations of the
//! packet path are inlined here, since on kernels that are built with gcc each operation of
//! `Atomic` is a call into vmlinux.

use kernel::sync::atomic::{Atomic, Full};

#[cfg(not(CONFIG_X86_64))]
compile_error!("the inlined operations are written for 64-bit x86");

/// A word that wraps.
#[repr(transparent)]
pub(crate) struct SharedWord(Atomic<u64>);

impl SharedWord {
    /// A word that starts as `value`.
    pub(crate) const fn new(value: u64) -> Self {
        Self(Atomic::new(value))
    }

    /// `atomic64_add()`. Any context.
    #[inline(always)]
    pub(crate) fn add(&self, value: u64) {
        // SAFETY: The pointer is valid and aligned for 64 bits, and the instruction is atomic.
        unsafe {
            core::arch::asm!(
                "lock addq {value}, ({word})",
                word = in(reg) self.0.as_ptr(),
                value = in(reg) value,
                options(nostack, att_syntax),
            );
        }
    }

    /// `atomic64_read_acquire()`: later reads see at least what this one saw. Any context.
    #[inline(always)]
    pub(crate) fn get(&self) -> u64 {
        // SAFETY: The pointer is valid and aligned. A volatile read of 64 bits is a single load,
        // as in `READ_ONCE()`, and x86 does not move later loads before it.
        let value = unsafe { self.0.as_ptr().read_volatile() };
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::Acquire);
        value
    }

    /// Takes off `value`, leaving what was added since it was read. Any context.
    pub(crate) fn subtract(&self, value: u64) {
        self.0.fetch_sub(value, Full);
    }

    /// `atomic64_cmpxchg()`: replaces `old` by `new`, and tells whether the word was still `old`.
    pub(crate) fn replace(&self, old: u64, new: u64) -> bool {
        self.0.cmpxchg(old, new, Full).is_ok()
    }
}
