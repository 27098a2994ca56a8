// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.
//!
//! C counterpart: `struct net`.

use super::bindings;
use core::{marker::PhantomData, ptr::NonNull};

/// A network namespace.
///
/// # Invariants
///
/// The namespace is not freed during `'a`. Callbacks get it from C, which holds a socket, a rule or
/// a packet of the namespace, or is setting it up or tearing it down.
#[derive(Clone, Copy)]
pub(crate) struct Net<'a>(NonNull<bindings::net>, PhantomData<&'a ()>);

impl Net<'_> {
    /// Views a namespace that C passed.
    ///
    /// # Safety
    ///
    /// `net` must point to a namespace that fulfils the invariants of [`Net`] during `'a`.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(net: *mut bindings::net) -> Self {
        // SAFETY: A pointer to a namespace is not null. INVARIANT: Required from the caller.
        Self(unsafe { NonNull::new_unchecked(net) }, PhantomData)
    }

    /// The namespace for C.
    #[inline(always)]
    pub(super) fn as_ptr(self) -> *mut bindings::net {
        self.0.as_ptr()
    }
}
