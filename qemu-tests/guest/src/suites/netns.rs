// SPDX-License-Identifier: GPL-2.0-only
//! Network namespaces: isolation, and their end with everything still in use.

use crate::env::netns::{fresh, Netns};
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Sock};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    isolated_tables,
    same_name_counts_apart,
    rule_sees_its_own_namespace,
    socket_belongs_to_its_namespace,
    exit_with_objects,
    exit_with_legacy_rules,
    exit_with_nft_rules,
    exit_with_open_dump,
    exit_while_counting,
    storm,
];

fn isolated_tables(t: &mut Test) {
    let here = Acct::open();
    here.add("here");
    let there = Netns::new();
    there.within(|| {
        let acct = Acct::open();
        assert!(acct.names().is_empty());
        acct.add("there");
        acct.flush();
        assert!(acct.names().is_empty());
    });
    t.obs("names", here.names().join(","));
    assert_eq!(here.names(), ["here"]);
}

fn same_name_counts_apart(t: &mut Test) {
    let spaces = [Netns::current(), Netns::new(), Netns::new()];
    for (n, space) in (1..).zip(&spaces) {
        space.within(|| {
            Acct::open().add("o");
            count_output(&["o"]);
            Udp::v4().send(n, 72);
        });
    }
    let counts: Vec<_> = spaces
        .iter()
        .map(|s| s.within(|| Acct::open().reset("o").pkts))
        .collect();
    t.obs("counts", format!("{counts:?}"));
    assert_eq!(counts, [1, 2, 3]);
}

/// A rule finds no object of another namespace.
fn rule_sees_its_own_namespace(t: &mut Test) {
    Acct::open().add("o");
    fresh();
    let rules = [Rule::count(Hook::Out, 1, "o")];
    let got = Tables::open(Family::V4).try_replace(&rules);
    t.obs("errno", got);
    assert_eq!(got, libc::ENOENT);
}

/// A socket keeps the namespace in which it was opened.
fn socket_belongs_to_its_namespace(t: &mut Test) {
    let acct = Acct::open();
    acct.add("first");
    fresh();
    acct.add("second");
    assert_eq!(acct.names(), ["first", "second"]);
    t.obs("elsewhere", Acct::open().names().len());
    assert!(Acct::open().names().is_empty());
}

fn exit_with_objects(t: &mut Test) {
    for _ in 0..10 {
        fresh();
        let acct = Acct::open();
        acct.add("plain");
        acct.add_quota("quota", F_BYTES, 10);
    }
    fresh();
    t.obs("names", Acct::open().names().len());
}

fn exit_with_legacy_rules(t: &mut Test) {
    for family in [Family::V4, Family::V6] {
        for _ in 0..5 {
            fresh();
            let acct = Acct::open();
            acct.add("plain");
            acct.add_quota("quota", F_PKTS, 2);
            let rules = [
                Rule::count(Hook::Out, 0, "plain"),
                Rule::count(Hook::In, 1, "quota"),
            ];
            Tables::open(family).replace(&rules).expect("rules");
            let udp = if family == Family::V4 { Udp::v4() } else { Udp::v6() };
            udp.send(5, 72);
            assert_eq!(acct.counts("plain").0, 5);
        }
    }
    fresh();
    t.obs("names", Acct::open().names().len());
}

fn exit_with_nft_rules(t: &mut Test) {
    for _ in 0..10 {
        fresh();
        let acct = Acct::open();
        acct.add("o");
        let m = Match::nfacct(1, b"o");
        let reply = nft::rule(&acct.sock, Family::V4, Hook::Out, &m);
        assert_eq!(reply.outcome(), "-");
        Udp::v4().send(5, 72);
        assert_eq!(acct.counts("o").0, 5);
    }
    fresh();
    t.obs("names", Acct::open().names().len());
}

/// A half-read dump keeps nothing alive that it should not.
fn exit_with_open_dump(t: &mut Test) {
    for _ in 0..10 {
        fresh();
        let acct = Acct::open();
        let names: Vec<_> = (0..300)
            .map(|n| crate::wire::acct::add_quiet(&format!("object-{n}")))
            .collect();
        acct.add_many(&names);
        let s = Sock::open();
        let dump = Msg::new(CTRZERO, LIST).filter(3, 0);
        s.send(dump.bytes()).expect("send");
        s.recv(4096).expect("first part");
    }
    fresh();
    t.obs("names", Acct::open().names().len());
}

/// Processes die in the middle of their traffic, and their namespaces too.
fn exit_while_counting(t: &mut Test) {
    for _ in 0..8 {
        let child = crate::env::proc::Child::spawn(|| {
            fresh();
            Acct::open().add_quota("o", F_PKTS, 10);
            count_output(&["o"]);
            let udp = Udp::v4();
            loop {
                udp.send(100, 72);
                Acct::open().reset("o");
            }
        });
        std::thread::sleep(std::time::Duration::from_millis(40));
        assert_eq!(child.kill(), 128 + libc::SIGKILL);
    }
    t.obs("names", Acct::open().names().len());
}

/// Many short-lived namespaces with rules of both kinds.
fn storm(t: &mut Test) {
    for n in 0..30 {
        fresh();
        let acct = Acct::open();
        acct.add("a");
        acct.add_quota("b", F_BYTES, 100);
        if n % 2 == 0 {
            let rules = [Rule::count(Hook::Out, 1, "a"), Rule::count(Hook::Out, 0, "b")];
            Tables::open(Family::V4).replace(&rules).expect("rules");
        } else {
            nft::rule(&acct.sock, Family::V6, Hook::Out, &Match::nfacct(0, b"a"));
        }
        Udp::v4().send(1, 72);
        Udp::v6().send(1, 72);
        assert_eq!(acct.counts("a").0, 1);
    }
    fresh();
    t.obs("names", Acct::open().names().len());
}
