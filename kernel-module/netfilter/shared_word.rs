// SPDX-License-Identifier: GPL-2.0-only

//! Words that all CPUs read and few write.
//!
//! C counterpart: `atomic64_t`, `READ_ONCE()` and `WRITE_ONCE()`. Reads are inlined here, since on
//! kernels that are built with gcc each operation of [`Atomic`] is a call into vmlinux.

use core::cell::UnsafeCell;
use kernel::sync::atomic::{Atomic, Full};

#[cfg(not(CONFIG_X86_64))]
compile_error!("the order of reads and writes is that of 64-bit x86");

/// `smp_mb()`: what comes before is visible to all CPUs before what comes after is read.
///
/// `kernel::sync::barrier::smp_mb()` takes other arguments in each kernel version.
pub(crate) fn full_barrier() {
    core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
}

/// A 64-bit word that wraps.
#[repr(transparent)]
pub(crate) struct SharedWord(Atomic<u64>);

impl SharedWord {
    /// A word that starts as `value`.
    pub(crate) const fn new(value: u64) -> Self {
        Self(Atomic::new(value))
    }

    /// `atomic64_read()`. Any context.
    #[inline(always)]
    pub(crate) fn get(&self) -> u64 {
        // SAFETY: The pointer is valid and aligned. A volatile read of 64 bits is a single load,
        // as in `READ_ONCE()`.
        unsafe { self.0.as_ptr().read_volatile() }
    }

    /// Takes off `value`, leaving what was added since it was read. Any context.
    pub(crate) fn subtract(&self, value: u64) {
        self.0.fetch_sub(value, Full);
    }
}

/// A byte that is written under a lock and read without.
#[repr(transparent)]
pub(crate) struct SharedByte(UnsafeCell<u8>);

// SAFETY: All accesses are single volatile reads and writes of a byte.
unsafe impl Sync for SharedByte {}

impl SharedByte {
    /// A byte that starts as 0.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    /// `READ_ONCE()`. Any context.
    #[inline(always)]
    pub(crate) fn get(&self) -> u8 {
        // SAFETY: The pointer is valid.
        unsafe { self.0.get().read_volatile() }
    }

    /// `WRITE_ONCE()`. Writes become visible to other CPUs in the order of the program.
    pub(crate) fn set(&self, value: u8) {
        // SAFETY: The pointer is valid.
        unsafe { self.0.get().write_volatile(value) }
    }
}
