// SPDX-License-Identifier: GPL-2.0-only

//! Log lines that unprivileged users can cause.
//!
//! C counterpart: `pr_info_ratelimited()`. The kernel crate has no rate limiter, and no format for
//! bytes that are not text; so the line is written as C does it.

use super::bindings;
use kernel::prelude::*;

extern "C" {
    /// See `log_limit.c`.
    static mut nfacct_log_limit: bindings::ratelimit_state;
}

/// Says that a rule names an object that does not exist. Any context.
///
/// The name ends at a NUL or with the array. Nothing but its length is limited: the kernel log
/// escapes what is not printable.
pub(crate) fn missing_object<const N: usize>(name: &[u8; N]) {
    // SAFETY: The state was initialised when it was defined, and has a lock of its own; the name of
    // the caller is a string, as is the format, whose arguments follow in number and type. No
    // more than `N` bytes of the name are read.
    unsafe {
        let caller = c"nfacct_mt_checkentry".as_char_ptr();
        if bindings::___ratelimit(&raw mut nfacct_log_limit, caller) != 0 {
            bindings::_printk(
                c"\x016xt_nfacct: accounting object `%.*s' does not exist\n".as_char_ptr(),
                N as c_int,
                name.as_ptr(),
            );
        }
    }
}
