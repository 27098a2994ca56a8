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
    autoload,
    lifecycle,
    netlink,
    framing,
    attributes,
    names,
    filters,
    dump,
    dump_changes,
    dump_matrix,
    reset,
    quota,
    events,
    races,
    fire,
    counters,
    xtables,
    xt_errors,
    nft,
    iptables,
    netns,
    permissions,
    extack,
    fuzz,
    model,
    scale,
    memory,
    leaks,
    stress,
    clients,
    tool,
    compat,
    modern,
];
