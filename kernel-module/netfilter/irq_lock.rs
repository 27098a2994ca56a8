// SPDX-License-Identifier: GPL-2.0-only

//! A spinlock for sections that packets and processes enter alike.
//!
//! C counterpart: `raw_spin_lock_irqsave()`. The kernel crate has no lock that keeps softirqs away.
//! With the raw variant the sections stay what they are on a PREEMPT_RT kernel, so they must be
//! short.

use super::bindings;
use core::{cell::UnsafeCell, marker::PhantomData};
#[cfg(CONFIG_DEBUG_SPINLOCK)]
use kernel::prelude::*;

/// A lock that protects what its owner says it does.
#[repr(transparent)]
pub(crate) struct IrqLock(UnsafeCell<bindings::raw_spinlock_t>);

// SAFETY: The lock functions may be called by any thread.
unsafe impl Send for IrqLock {}
// SAFETY: As above, at the same time.
unsafe impl Sync for IrqLock {}

impl IrqLock {
    /// An unlocked lock.
    #[cfg(not(CONFIG_DEBUG_SPINLOCK))]
    pub(crate) fn new() -> Self {
        // `__RAW_SPIN_LOCK_UNLOCKED()`
        Self(UnsafeCell::new(bindings::raw_spinlock_t::default()))
    }

    /// An unlocked lock that is checked. It may be moved until it is locked first.
    #[cfg(CONFIG_DEBUG_SPINLOCK)]
    pub(crate) fn new() -> Self {
        use kernel::prelude::*;
        let lock = UnsafeCell::new(bindings::raw_spinlock_t::default());
        // SAFETY: The pointer is valid, name and key are static.
        unsafe {
            bindings::__raw_spin_lock_init(
                lock.get(),
                c"nfacct_meter".as_char_ptr(),
                kernel::static_lock_class!().as_ptr(),
                bindings::lockdep_wait_type_LD_WAIT_SPIN as i16,
            );
        }
        Self(lock)
    }

    /// Takes the lock and keeps interrupts off until the guard is dropped. Any context but NMI.
    pub(crate) fn lock(&self) -> IrqGuard<'_> {
        // SAFETY: The lock is initialised. Nobody who holds it sleeps or can be interrupted.
        let flags = unsafe { bindings::_raw_spin_lock_irqsave(self.0.get()) };
        IrqGuard {
            lock: self,
            flags,
            _not_send: PhantomData,
        }
    }
}

/// Evidence that a lock is held on this CPU.
pub(crate) struct IrqGuard<'a> {
    lock: &'a IrqLock,
    flags: usize,
    _not_send: PhantomData<*mut ()>,
}

impl Drop for IrqGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: `lock()` took the lock on this CPU and returned the flags.
        unsafe { bindings::_raw_spin_unlock_irqrestore(self.lock.0.get(), self.flags) }
    }
}
