// SPDX-License-Identifier: GPL-2.0-only

//! References to this module: while one exists the module cannot be unloaded.
//!
//! C counterpart: `try_module_get(THIS_MODULE)` and `module_put(THIS_MODULE)`.

use super::{bindings, this_module};

/// A reference to this module that was taken with `try_module_get()`.
pub(crate) struct ModuleRef(());

impl ModuleRef {
    /// Takes a reference; [`None`] if the module is being unloaded.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: `THIS_MODULE` is this module or null, both of which the function takes.
        unsafe { bindings::try_module_get(this_module::as_ptr()) }.then_some(Self(()))
    }

    /// Hands the reference over to a C caller, who returns it through [`Self::from_foreign`].
    pub(crate) fn into_foreign(self) {
        core::mem::forget(self);
    }

    /// Takes a reference back.
    ///
    /// # Safety
    ///
    /// One call for each call of [`Self::into_foreign`].
    pub(crate) unsafe fn from_foreign() -> Self {
        Self(())
    }
}

impl Drop for ModuleRef {
    fn drop(&mut self) {
        // SAFETY: The reference was taken in `new()` and is given up once. The text that runs now
        // stays: the caller is the module itself or one that depends on it by symbol.
        unsafe { bindings::module_put(this_module::as_ptr()) }
    }
}
