// SPDX-License-Identifier: GPL-2.0-only
//! Namespaces, modules and processors come and go while everything is in use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::lifecycle::{settle_tables, without_pair, MATCH, PROVIDER, TABLES};
use super::stress::SecondCpu;
use crate::env::{charge, cmd};
use crate::env::modules::{built_in, load, loaded, settle, unload_pair};
use crate::env::netns::fresh;
use crate::env::proc::Child;
use crate::env::traffic::Udp;
use crate::harness::{cases, skip, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::fuzz::Random;
use crate::wire::{Acct, Msg, Sock};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    killed_namespaces_provider_first,
    killed_namespaces_tables_first,
    modules_under_requests,
    modules_under_traffic,
    processors_under_traffic,
    many_objects_end_with_their_namespace,
];

/// A namespace of its own in which everything happens until it is killed.
fn busy_namespace(nft_rules: bool) -> Child {
    Child::spawn(move || {
        fresh();
        let acct = Acct::open();
        let udp = Udp::v4();
        loop {
            acct.sock.exchange(&add_quiet("a"));
            acct.sock.exchange(&add_quiet("b").be32(FLAGS, F_PKTS).be64(QUOTA, 3));
            if nft_rules {
                let matches = [Match::nfacct(1, b"a"), Match::nfacct(0, b"b")];
                nft::rules(&acct.sock, Family::V4, Hook::Out, &matches);
            } else {
                let rules = [Rule::count(Hook::Out, 1, "a"), Rule::count(Hook::Out, 0, "b")];
                Tables::open(Family::V4).try_replace(&rules);
            }
            udp.send(5, 72);
            let s = Sock::open();
            s.exchange(&Msg::new(CTRZERO, LIST));
            let _ = s.send(Msg::new(GET, LIST).bytes());
            acct.sock.exchange(&Msg::new(DEL, REQUEST));
        }
    })
}

/// Namespaces die with their process, at any moment; nothing may remain.
fn kill_namespaces(t: &mut Test) {
    let mut r = t.scale().random("kill-namespaces");
    let count = t.scale().of(25, 8, 250);
    for n in 0..count {
        let children = [busy_namespace(n % 2 == 0), busy_namespace(n % 3 == 0)];
        thread::sleep(Duration::from_millis(5 + r.below(60)));
        for child in children {
            assert_eq!(child.kill(), 128 + libc::SIGKILL);
        }
    }
    // Rules hold references until their namespace is gone.
    settle(PROVIDER, 1);
    t.obs("references", 1);
    unload_pair();
}

fn killed_namespaces_provider_first(t: &mut Test) {
    without_pair();
    settle_tables();
    load(&[PROVIDER, MATCH]);
    load(&TABLES);
    kill_namespaces(t);
}

fn killed_namespaces_tables_first(t: &mut Test) {
    without_pair();
    settle_tables();
    load(&TABLES);
    load(&[PROVIDER, MATCH]);
    kill_namespaces(t);
}

/// Requests have the modules loaded while they are being removed.
fn modules_under_requests(t: &mut Test) {
    without_pair();
    let children: Vec<_> = (0..2)
        .map(|_| {
            Child::spawn(|| loop {
                let s = Sock::open();
                s.exchange(&add_quiet("a"));
                s.exchange(&add_quiet("b").be32(FLAGS, F_BYTES).be64(QUOTA, 3));
                let _ = s.send(Msg::new(CTRZERO, LIST).bytes());
                s.exchange(&Msg::named(DEL, REQUEST, "a"));
            })
        })
        .collect();
    let (mut removed, mut refused) = (0, 0);
    let want = t.scale().of(15, 6, 400);
    while removed < want {
        if !loaded(PROVIDER) {
            thread::sleep(Duration::from_millis(1));
        } else if cmd::run(&format!("rmmod {PROVIDER}")).code == 0 {
            removed += 1;
        } else {
            refused += 1;
        }
    }
    for child in children {
        assert_eq!(child.kill(), 128 + libc::SIGKILL);
    }
    t.note(format!("{removed} removed, {refused} refused"));
    let acct = Acct::open();
    acct.flush();
    t.obs("left", acct.names().len());
    unload_pair();
}

/// Traffic goes on while rules, an open dump and frees that are still to come
/// keep the modules, or do not keep them any more.
fn modules_under_traffic(t: &mut Test) {
    without_pair();
    let sender = Child::spawn(|| {
        let udp = Udp::v4();
        loop {
            udp.send(10, 72);
        }
    });
    let tables = Tables::open(Family::V4);
    let refuse = |why: &str| {
        let output = cmd::run(&format!("rmmod {PROVIDER}"));
        assert_ne!(output.code, 0, "removed despite {why}");
    };
    let cycles = t.scale().of(8, 4, 200);
    for n in 0..cycles {
        load(&[MATCH]);
        let acct = Acct::open();
        let all: Vec<_> = (0..400).map(|n| add_quiet(&format!("o{n}"))).collect();
        acct.add_many(&all);
        let rules = ["o1", "o2"].map(|o| Rule::count(Hook::Out, 1, o));
        tables.replace(&rules).expect("rules");
        refuse("rules");
        let deadline = Instant::now() + Duration::from_secs(60);
        while acct.get("o1").pkts == 0 {
            assert!(Instant::now() < deadline, "nothing is counted");
        }
        tables.replace(&[]).expect("no rules");
        cmd::must(&format!("rmmod {MATCH}"));
        let s = Sock::open();
        s.send(Msg::new(CTRZERO, LIST).bytes()).expect("send");
        refuse("an open dump");
        if n % 2 == 0 {
            acct.flush();
        }
        drop(s);
        cmd::must(&format!("rmmod {PROVIDER}"));
    }
    assert_eq!(sender.kill(), 128 + libc::SIGKILL);
    t.obs("loaded", loaded(PROVIDER));
}

/// One processor goes and comes under traffic and resets: exact sums.
fn processors_under_traffic(t: &mut Test) {
    if built_in() || !SecondCpu::exists() {
        skip("needs a machine of its own with two processors");
    }
    let acct = Acct::open();
    acct.add("a");
    acct.add_quota("far", F_BYTES, u64::MAX);
    count_output(&["a", "far"]);
    let _on_again = SecondCpu;
    let cycles = t.scale().of(10, 3, 100);
    let stop = AtomicBool::new(false);
    let (mut sums, mut sent) = ([0u64; 2], 0);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let udp = Udp::v4();
                    let mut count = 0;
                    while !stop.load(Ordering::Relaxed) {
                        udp.send(10, 72);
                        count += 10;
                    }
                    count
                })
            })
            .collect();
        for n in 0..2 * cycles {
            SecondCpu::set(n % 2 == 1);
            thread::sleep(Duration::from_millis(15));
            for (sum, name) in sums.iter_mut().zip(["a", "far"]) {
                *sum += acct.reset(name).pkts;
            }
        }
        stop.store(true, Ordering::Relaxed);
        sent = senders.into_iter().map(|s| s.join().expect("sender")).sum::<u64>();
    });
    SecondCpu::set(false);
    for (sum, name) in sums.iter_mut().zip(["a", "far"]) {
        *sum += acct.reset(name).pkts;
    }
    t.note(format!("{sent} packets in {cycles} cycles"));
    assert_eq!(sums, [sent; 2]);
    t.obs("lost", 0);
}

/// A namespace ends with everything that was created in it. C, which needs
/// quadratic time to fill it, gets a tenth.
fn many_objects_end_with_their_namespace(t: &mut Test) {
    let all = t.scale().fixed(100_000, 10_000, 1_000_000);
    let count = if t.stack() == "c-c" { all.min(100_000) / 10 } else { all };
    let mut r: Random = t.scale().random("many-objects");
    Acct::open().add("home");
    let before = charge::percpu();
    let child = Child::spawn(move || {
        fresh();
        let acct = Acct::open();
        for first in (0..count).step_by(10_000) {
            let names = (first..count.min(first + 10_000)).map(|n| add_quiet(&format!("{n:x}")));
            acct.add_many(&names.collect::<Vec<_>>());
        }
        for _ in 0..100 {
            acct.get(&format!("{:x}", r.below(count)));
        }
        0
    });
    assert_eq!(child.wait(), 0);
    assert!(charge::settles_at(before, Duration::from_secs(300)), "per-CPU memory is not given back");
    t.note(format!("{count} objects"));
    t.obs("home", Acct::open().names().join(","));
}
