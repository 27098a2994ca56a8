// SPDX-License-Identifier: GPL-2.0-only
//! The suites, in the order of execution.

use crate::harness::{Depth, Suite};

macro_rules! suites {
    ($($name:ident),* $(,)?; debug kernel: $($debug:ident),* $(,)?) => {
        $(mod $name;)*
        $(mod $debug;)*

        /// All suites.
        pub const SUITES: &[Suite] = &[
            $(Suite { name: stringify!($name), cases: $name::CASES, only: None },)*
            $(Suite {
                name: stringify!($debug),
                cases: $debug::CASES,
                only: Some(Depth::Debug),
            }),*
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
    replies,
    fuzz,
    model,
    scale,
    memory,
    leaks,
    stress,
    storms,
    clients,
    tool,
    compat,
    modern;
    debug kernel: faults,
];
