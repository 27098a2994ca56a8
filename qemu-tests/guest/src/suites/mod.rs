// SPDX-License-Identifier: GPL-2.0-only
//! The suites, in the order of execution.

use crate::harness::Suite;

macro_rules! suites {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// All suites.
        pub const SUITES: &[Suite] = &[
            $(Suite { name: stringify!($name), cases: $name::CASES }),*
        ];
    };
}

suites![
    lifecycle,
    netlink,
    attributes,
    names,
    filters,
    dump,
    reset,
    quota,
    counters,
    xtables,
    nft,
    iptables,
    netns,
    permissions,
    extack,
    fuzz,
    events,
    scale,
    memory,
    stress,
    clients,
    tool,
];
