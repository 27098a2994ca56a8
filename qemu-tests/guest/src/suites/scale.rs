// SPDX-License-Identifier: GPL-2.0-only
//! Large tables: does the cost of an operation grow with their size?
//!
//! Only the class of growth is observed. The limit between the classes is far
//! from both: a list costs 12 to 300 times as much at this size, a hash the same.

use std::thread;
use std::time::{Duration, Instant};

use crate::env::netns::fresh;
use crate::harness::{cases, Depth, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{batch, Acct, Msg, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Rule};

cases![
    lookup,
    add_and_delete,
    rule_lookup,
    dump_of_many,
    other_namespace,
];

const MANY: u64 = 3000;

/// Ratio of two costs from which growth counts as linear. On the debug kernel everything else
/// is slower, and a list costs 4 to 40 times as much.
fn linear(t: &Test) -> f64 {
    if t.scale().depth == Depth::Debug {
        2.2
    } else {
        4.0
    }
}

/// Names that differ only at their end, as real ones do: slow to compare.
fn name(n: u64) -> String {
    format!("some-common-prefix-{n:06x}")
}

fn fill(acct: &Acct, count: u64) {
    let all: Vec<_> = (0..count).map(|n| add_quiet(&name(n))).collect();
    acct.add_many(&all);
}

/// How much longer `large` takes than `small`.
///
/// Both run in turn, and of each the fastest run counts: what disturbs a run
/// only makes it slower. Processor time would be worse: a guest takes time that
/// the host did not give it off the wrong run.
fn ratio(mut small: impl FnMut(), mut large: impl FnMut()) -> f64 {
    let time = |body: &mut dyn FnMut()| {
        let start = Instant::now();
        body();
        start.elapsed().as_secs_f64()
    };
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..15 {
        best.0 = best.0.min(time(&mut small));
        best.1 = best.1.min(time(&mut large));
    }
    best.1 / best.0
}

fn class(t: &mut Test, step: &str, ratio: f64) {
    t.note(format!("{step}: {ratio:.1} times the cost"));
    t.obs(step, if ratio < linear(t) { "flat" } else { "linear" });
}

/// One send with many requests that bring no reply, so that hardly anything
/// but the requests themselves counts.
fn silent<'a>(s: &'a Sock, requests: &[Msg]) -> impl FnMut() + 'a {
    let all = batch(requests);
    move || assert_eq!(s.exchange_sized(&all, 4096).outcome(), "-")
}

/// Finds the oldest and the newest object; the request resets what it finds.
fn lookup(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, MANY);
    let find = |n: u64| {
        let msg = Msg::named(NEW, REQUEST | REPLACE, &name(n));
        silent(&acct.sock, &vec![msg; 50])
    };
    let ratio = ratio(find(0), find(MANY - 1));
    class(t, "oldest-newest", ratio);
}

/// Creates and deletes an object in a small and in a large table.
fn add_and_delete(t: &mut Test) {
    let pair = [NEW, DEL].map(|kind| Msg::named(kind, REQUEST, "zzzzzz"));
    let requests: Vec<_> = pair.iter().cycle().take(50).cloned().collect();
    let few = Acct::open();
    // Two, for the debug kernel's cells come in pairs: so both tables need new ones.
    few.add("one");
    few.add("two");
    fresh();
    let many = Acct::open();
    fill(&many, MANY);
    let ratio = ratio(
        silent(&few.sock, &requests),
        silent(&many.sock, &requests),
    );
    class(t, "few-many", ratio);
}

/// Loads rules that refer to the oldest and to the newest object.
fn rule_lookup(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, MANY);
    let tables = Tables::open(Family::V4);
    let load = |n: u64| {
        let rules = vec![Rule::count(Hook::Out, 1, &name(n)); 80];
        let tables = &tables;
        move || tables.replace(&rules).expect("rules")
    };
    let ratio = ratio(load(0), load(MANY - 1));
    class(t, "oldest-newest", ratio);
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

/// A namespace with many objects does not slow the requests of another one.
fn other_namespace(t: &mut Test) {
    let many = if t.stack() == "c-c" { 10_000 } else { 100_000 };
    let requests: Vec<_> = [NEW, CTRZERO, DEL]
        .iter()
        .cycle()
        .take(60)
        .map(|kind| Msg::named(*kind, REQUEST, "one"))
        .collect();
    let small = Acct::open();
    let all = batch(&requests);
    let run = || {
        small.sock.exchange_sized(&all, 4096);
    };
    let alone = best(run);
    fresh();
    let large = Acct::open();
    for first in (0..many).step_by(10_000) {
        let names = (first..first + 10_000).map(|n| add_quiet(&name(n)));
        large.add_many(&names.collect::<Vec<_>>());
    }
    let beside = best(run);
    t.note(format!("{many} objects elsewhere: {:.2} times the cost", beside / alone));
    class(t, "beside-many", beside / alone);
    assert!(beside / alone < linear(t), "slowed by another namespace");
}

/// The shortest of several runs, in seconds.
fn best(run: impl Fn()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        let took = start.elapsed().as_secs_f64();
        // Not all of them at a moment at which the host has other work.
        thread::sleep(Duration::from_millis(20));
        took
    };
    (0..30).map(time).fold(f64::INFINITY, f64::min)
}
