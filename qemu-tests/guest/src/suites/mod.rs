// SPDX-License-Identifier: GPL-2.0-only
//! The suites, in the order of execution.

mod netlink;

use crate::harness::Suite;

/// All suites.
pub const SUITES: &[Suite] = &[Suite {
    name: "netlink",
    cases: netlink::CASES,
}];
