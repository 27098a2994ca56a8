// SPDX-License-Identifier: GPL-2.0-only

//! `THIS_MODULE` for tables and references.
//!
//! The static of that name which `module!` makes is gone in kernel 7.3, so it is not used.

use super::bindings;

/// `THIS_MODULE`: this module, or null if it is built into the kernel.
pub(crate) const fn as_ptr() -> *mut bindings::module {
    #[cfg(MODULE)]
    {
        &raw mut bindings::__this_module
    }
    #[cfg(not(MODULE))]
    {
        core::ptr::null_mut()
    }
}
