// SPDX-License-Identifier: GPL-2.0-only

//! The functions that `nfnetlink_acct` exports, as `xt_nfacct` uses them.
//!
//! C counterpart: `linux/netfilter/nfnetlink_acct.h`. They are those of the C module; what lies
//! behind the `struct nf_acct` pointer is not: it is our [`Head`], which this module's user
//! touches directly. So the C provider must never be under us: [`check_provider`] refers to a
//! symbol that only ours has.

use super::{bindings, net::Net};
use crate::accounting::head::{Head, PROVIDER_ABI};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{prelude::*, types::ForeignOwnable};

extern "C" {
    /// See `exports.rs` of the provider. The number changes with [`Head`].
    static nfacct_rs_abi_1: u32;
}

/// Makes sure that the provider is the Rust one and was built with the same [`Head`].
///
/// # Errors
///
/// `ENOEXEC` if the layouts differ. On the C provider the module cannot be linked at all.
pub(crate) fn check_provider() -> Result {
    // SAFETY: The symbol is a constant of the provider, which cannot be unloaded under us.
    if unsafe { (&raw const nfacct_rs_abi_1).read_volatile() } == PROVIDER_ABI {
        Ok(())
    } else {
        pr_err!("nfnetlink_acct was built from another version of the sources\n");
        Err(ENOEXEC)
    }
}

/// A reference to an accounting object, and to the provider module.
///
/// # Invariants
///
/// `nfnl_acct_find_get()` returned the pointer, and `nfnl_acct_put()` was not called for it.
pub(crate) struct AccountingRef(NonNull<Head>);

// SAFETY: References are counted atomically, and the object may be used by all CPUs.
unsafe impl Send for AccountingRef {}

impl AccountingRef {
    /// Finds an object by its name. May sleep.
    pub(crate) fn find(
        net: Net<'_>,
        name: &[u8; bindings::NFACCT_NAME_MAX as usize],
    ) -> Option<Self> {
        // SAFETY: The function reads at most `NFACCT_NAME_MAX` bytes.
        let object = unsafe { bindings::nfnl_acct_find_get(net.as_ptr(), name.as_ptr().cast()) };
        // INVARIANT: Null is no object.
        Some(Self(NonNull::new(object.cast())?))
    }
}

impl Drop for AccountingRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::nfnl_acct_put(self.0.as_ptr().cast()) }
    }
}

/// An accounting object that someone else holds a reference to.
///
/// # Invariants
///
/// The pointer is that of an [`AccountingRef`] that outlives `'a`.
#[derive(Clone, Copy)]
pub(crate) struct Accounting<'a>(NonNull<Head>, PhantomData<&'a Head>);

impl<'a> Accounting<'a> {
    /// The part of the object that packets work on.
    #[inline(always)]
    pub(crate) fn head(self) -> &'a Head {
        // SAFETY: By the type invariant; an object begins with its head.
        unsafe { self.0.as_ref() }
    }

    /// `nfnl_acct_overquota()`: whether the packet that was just counted is above the quota. Sends
    /// the event if it is due. Any context.
    pub(crate) fn judge(self, net: Net<'_>) -> bool {
        // SAFETY: By the type invariant.
        let judgement =
            unsafe { bindings::nfnl_acct_overquota(net.as_ptr(), self.0.as_ptr().cast()) };
        judgement != bindings::NFACCT_UNDERQUOTA
    }
}

// SAFETY: The pointer is not null and as aligned as the object.
unsafe impl ForeignOwnable for AccountingRef {
    const FOREIGN_ALIGN: usize = core::mem::align_of::<Head>();
    type Borrowed<'a> = Accounting<'a>;
    type BorrowedMut<'a> = Accounting<'a>;

    fn into_foreign(self) -> *mut c_void {
        let object = self.0.as_ptr();
        core::mem::forget(self);
        object.cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: `into_foreign()` gave the pointer out, so it is not null. INVARIANT: The same.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }

    #[inline(always)]
    unsafe fn borrow<'a>(ptr: *mut c_void) -> Accounting<'a> {
        // SAFETY: `into_foreign()` gave the pointer out, so it is not null. INVARIANT: Its
        // reference outlives `'a` by the requirements of this function.
        Accounting(unsafe { NonNull::new_unchecked(ptr.cast()) }, PhantomData)
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> Accounting<'a> {
        // SAFETY: Required from the caller; access is shared all the same.
        unsafe { Self::borrow(ptr) }
    }
}
