// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.
//!
//! C counterpart: `struct net`.

use super::bindings;
use kernel::types::Opaque;

/// A network namespace.
///
/// # Invariants
///
/// The namespace is not freed while the reference exists. Callbacks get it from C, which holds a
/// socket, a rule or a packet of the namespace, or is setting it up or tearing it down.
#[repr(transparent)]
pub(crate) struct Net(Opaque<bindings::net>);

impl Net {
    /// Views a namespace that C passed.
    ///
    /// # Safety
    ///
    /// `net` must point to a namespace that fulfils the invariants of [`Net`] during `'a`.
    pub(crate) unsafe fn from_raw<'a>(net: *mut bindings::net) -> &'a Self {
        // SAFETY: The pointer is valid by the requirements of this function, and `Net` is a
        // transparent wrapper. INVARIANT: required from the caller.
        unsafe { &*net.cast() }
    }

    /// The namespace for C.
    pub(crate) fn as_ptr(&self) -> *mut bindings::net {
        self.0.get()
    }
}
