// SPDX-License-Identifier: GPL-2.0-only
//! Large tables: does the cost of an operation grow with their size?
//!
//! Only the class of growth is observed. The limit between the classes is far
//! from both: a list costs dozens of times as much at this size, a hash the same.

use std::time::Duration;

use crate::harness::{cases, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{batch, Acct, Msg, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Rule};

cases![lookup, add_and_delete, rule_lookup, dump_of_many];

const MANY: u64 = 6000;

/// Cost at full size over cost at small size from which growth is linear.
const LINEAR: f64 = 4.0;

/// Names that differ in their first bytes.
fn name(n: u64) -> String {
    format!("{n:06x}-object")
}

fn fill(acct: &Acct, count: u64) {
    let all: Vec<_> = (0..count).map(|n| add_quiet(&name(n))).collect();
    acct.add_many(&all);
}

/// Processor time of this thread.
fn cpu_time() -> Duration {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is a valid timespec.
    let ret = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut ts) };
    assert_eq!(ret, 0, "clock_gettime");
    let nanos = u32::try_from(ts.tv_nsec).expect("below a second");
    Duration::new(ts.tv_sec.unsigned_abs(), nanos)
}

/// The least processor time that `body` ever needed.
fn cost(mut body: impl FnMut()) -> f64 {
    (0..12)
        .map(|_| {
            let start = cpu_time();
            body();
            cpu_time().saturating_sub(start).as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Cost of one send with many requests that bring no reply, so that hardly
/// anything but the requests themselves counts.
fn cost_of(s: &Sock, requests: &[Msg]) -> f64 {
    let all = batch(requests);
    cost(|| {
        let reply = s.exchange_sized(&all, 4096);
        assert_eq!(reply.outcome(), "-");
    })
}

/// Observes the class of growth from `small` to the cost that `large` measures.
///
/// A disturbance can only make a cost larger, so what looks linear is measured
/// again for a while: a true list stays linear.
fn class(t: &mut Test, step: &str, small: f64, mut large: impl FnMut() -> f64) {
    let mut least = f64::INFINITY;
    for _ in 0..8 {
        least = least.min(large());
        if least < LINEAR * small {
            break;
        }
    }
    t.note(format!("{step}: {:.1} times the cost", least / small));
    t.obs(
        step,
        if least < LINEAR * small {
            "flat"
        } else {
            "linear"
        },
    );
}

/// Finds the oldest and the newest object; the request resets what it finds.
fn lookup(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, MANY);
    let find = |n: u64| {
        let msg = Msg::new(NEW, REQUEST | REPLACE).name(name(n).as_bytes());
        cost_of(&acct.sock, &vec![msg; 50])
    };
    class(t, "oldest-newest", find(0), || find(MANY - 1));
}

fn add_and_delete(t: &mut Test) {
    let acct = Acct::open();
    let pair = [NEW, DEL].map(|kind| Msg::new(kind, REQUEST).name(b"zzzzzz"));
    let requests: Vec<_> = pair.iter().cycle().take(50).cloned().collect();
    acct.add("one");
    let small = cost_of(&acct.sock, &requests);
    fill(&acct, MANY);
    class(t, "few-many", small, || cost_of(&acct.sock, &requests));
}

fn rule_lookup(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, MANY);
    let tables = Tables::open(Family::V4);
    // Many rules in one call, so that the call itself does not count.
    let load = |n: u64| {
        let rules = vec![Rule::count(Hook::Out, 1, &name(n)); 40];
        cost(|| tables.replace(&rules).expect("rules"))
    };
    class(t, "oldest-newest", load(0), || load(MANY - 1));
}

/// Every object is there, in order, whatever the size.
fn dump_of_many(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, MANY);
    let objects = acct.list();
    assert_eq!(objects.len() as u64, MANY);
    assert!((0..).zip(&objects).all(|(n, o)| o.name == name(n).as_bytes()));
    acct.flush();
    t.obs("left", acct.names().len());
}
