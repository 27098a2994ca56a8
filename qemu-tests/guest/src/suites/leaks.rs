// SPDX-License-Identifier: GPL-2.0-only
//! Long loops over everything that allocates and frees.
//!
//! The host compares memory before and after; the loops make a leak visible.

use std::fs;
use std::time::{Duration, Instant};

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{Acct, Msg};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    create_and_delete,
    refused_requests,
    rules_come_and_go,
    refused_rules,
    nft_rules_come_and_go,
];

/// Per-CPU memory that others may take meanwhile.
const NOISE_KB: u64 = 96;

fn percpu_kb() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").expect("/proc/meminfo");
    text.lines()
        .find_map(|line| line.strip_prefix("Percpu:")?.split_whitespace().next()?.parse().ok())
        .expect("Percpu in /proc/meminfo")
}

/// Runs a loop and checks that per-CPU memory does not grow by it.
fn without_growth(t: &mut Test, body: impl FnOnce()) {
    let before = percpu_kb();
    body();
    let deadline = Instant::now() + Duration::from_secs(60);
    while percpu_kb() > before + NOISE_KB && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let after = percpu_kb();
    t.note(format!("Percpu {before} kB before, {after} kB after"));
    assert!(after <= before + NOISE_KB, "per-CPU memory leaks");
}

fn create_and_delete(t: &mut Test) {
    let acct = Acct::open();
    without_growth(t, || {
        for round in 0..60u32 {
            let all: Vec<_> = (0..200u32)
                .map(|n| {
                    let msg = add_quiet(&format!("o{n}")).counters(1, 1);
                    match n % 3 {
                        0 => msg.be32(FLAGS, F_PKTS).be64(QUOTA, round.into()),
                        _ => msg,
                    }
                })
                .collect();
            acct.add_many(&all);
            if round % 2 == 0 {
                acct.flush();
            } else {
                for n in 0..200 {
                    assert_eq!(acct.del(&format!("o{n}")), 0);
                }
            }
        }
    });
    t.obs("left", acct.names().len());
}

/// Requests that fail after something was allocated, or before.
fn refused_requests(t: &mut Test) {
    let acct = Acct::open();
    acct.add("there");
    let bad = [
        Msg::new(NEW, REQUEST).name(b"there"),
        Msg::new(NEW, REQUEST | EXCL).name(b"there"),
        Msg::new(NEW, REQUEST).name(b"n").be32(FLAGS, 3),
        Msg::new(NEW, REQUEST).name(b"n").be32(FLAGS, 1),
        Msg::new(NEW, REQUEST).name(b"n").attr(PKTS, &[0]),
        Msg::new(GET, LIST).attr(FILTER | NESTED, &[]),
        Msg::new(GET, REQUEST).name(b"nobody"),
        Msg::new(DEL, REQUEST).name(b"nobody"),
    ];
    without_growth(t, || {
        for _ in 0..1000 {
            for msg in &bad {
                let errno = acct.sock.exchange(msg).errno();
                assert!(errno.is_some_and(|e| e != 0), "{errno:?}");
            }
        }
    });
    assert_eq!(acct.names(), ["there"]);
    t.obs("left", acct.names().len());
}

fn rules_come_and_go(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    acct.add_quota("b", F_PKTS, 1);
    let tables = Tables::open(Family::V4);
    let udp = Udp::v4();
    without_growth(t, || {
        for round in 0..500u32 {
            let rules: Vec<_> = (0..round % 5)
                .map(|n| Rule::count(Hook::Out, n as u8 % 2, if n < 2 { "a" } else { "b" }))
                .collect();
            tables.replace(&rules).expect("rules");
            udp.send(1, 72);
        }
        tables.replace(&[]).expect("no rules");
    });
    assert_eq!(acct.counts("a").0, 100 + 2 * 300);
    assert_eq!((acct.del("a"), acct.del("b")), (0, 0));
    t.obs("left", acct.names().len());
}

fn refused_rules(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    let tables = Tables::open(Family::V6);
    let mut rules = vec![Rule::count(Hook::Out, 1, "a"); 20];
    rules.push(Rule::count(Hook::Out, 0, "nobody"));
    without_growth(t, || {
        for _ in 0..200 {
            assert_eq!(tables.try_replace(&rules), libc::ENOENT);
        }
    });
    assert_eq!(acct.get("a").uses, 1);
    t.obs("del", acct.del("a"));
}

fn nft_rules_come_and_go(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    let udp = Udp::v4();
    without_growth(t, || {
        for n in 0..60 {
            let m = Match::nfacct(n % 2, b"a");
            nft::rule(&acct.sock, Family::V4, Hook::Out, &m);
            udp.send(1, 72);
            nft::delete(&acct.sock, Family::V4);
        }
    });
    t.obs("count", acct.counts("a").0);
    assert_eq!(acct.counts("a").0, 60);
}
