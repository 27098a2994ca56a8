// SPDX-License-Identifier: GPL-2.0-only
//! What the match costs for each kind of object.

use crate::driver;
use crate::netlink::{batches, Request, Socket, BYTES, PACKETS};
use crate::report::{figure, fresh_namespace};

/// Runs of each kind; under icount all take the same.
const RUNS: usize = 3;
/// Lookups of a rule, of which the cheapest counts.
const RULES: u32 = 100;

/// A quota that is never reached.
pub const FAR: u64 = 1 << 50;

/// An object of each kind. What is over its quota is so from the second packet on.
pub fn objects() -> Vec<(&'static str, Request)> {
    let quota = |name, flag, limit| (name, Request::add_quota(name, flag, limit));
    vec![
        ("plain", Request::add("plain")),
        ("packets-far", quota("packets-far", PACKETS, FAR).1),
        ("bytes-far", quota("bytes-far", BYTES, FAR).1),
        ("packets-over", quota("packets-over", PACKETS, 1).1),
        ("bytes-over", quota("bytes-over", BYTES, 1).1),
    ]
}

/// Measures `count` packets of each kind.
pub fn run(count: u32) {
    fresh_namespace();
    let (names, requests): (Vec<_>, Vec<_>) = objects().into_iter().unzip();
    Socket::open().send_all(&batches(&requests));
    for name in names {
        let request = format!("calls {count} {name}");
        let runs: Vec<u64> = (0..RUNS).map(|_| driver::net(&request)).collect();
        let least = runs.iter().min().copied().unwrap_or(0);
        let most = runs.iter().max().copied().unwrap_or(0);
        figure(
            &format!("match.{name}.instructions"),
            least as f64 / f64::from(count),
        );
        figure(&format!("match.{name}.spread"), most - least);
    }
    figure("rule.few", driver::net(&format!("rule {RULES} plain")));
}
