// SPDX-License-Identifier: GPL-2.0-only

//! A limit on log lines that unprivileged users can cause.
//!
//! C counterpart: `pr_info_ratelimited()`. The kernel crate has no rate limiter; this is the one
//! that the network stack shares (`net.core.message_cost`), with the same default rate.

use super::bindings;

/// Whether a line may be written now.
pub(crate) fn permits() -> bool {
    // SAFETY: Needs nothing from the caller; any context.
    unsafe { bindings::net_ratelimit() != 0 }
}
