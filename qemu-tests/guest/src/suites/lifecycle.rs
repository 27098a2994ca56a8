// SPDX-License-Identifier: GPL-2.0-only
//! Loading, unloading and what keeps the modules from being unloaded.

use crate::env::cmd::{self, must};
use crate::env::kmsg::Kmsg;
use crate::env::modules::{built_in, load, loaded, refs, settle, unload, unload_pair};
use crate::env::netns::fresh;
use crate::env::traffic::Udp;
use crate::harness::{cases, skip, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    references,
    removal_order,
    objects_do_not_pin,
    rules_pin,
    open_dump_pins,
    removal_after_delete,
    reload_cycles,
    namespaces_older_than_the_module,
    exit_order_provider_first,
    exit_order_tables_first,
    match_needs_its_provider,
];

pub(super) const PROVIDER: &str = "nfnetlink_acct";
pub(super) const MATCH: &str = "xt_nfacct";

/// Starts from a kernel without the pair.
pub(super) fn without_pair() {
    if built_in() {
        skip("the kernel has the pair built in");
    }
    unload_pair();
}

fn one_rule(name: &str) -> [Rule; 1] {
    [Rule::count(Hook::Out, 1, name)]
}

/// The count that lsmod shows: one for the match, one for each rule.
fn references(t: &mut Test) {
    without_pair();
    let acct = Acct::open();
    acct.add("o");
    let mut look = |step: &str, want| {
        assert_eq!(refs(PROVIDER), Some(want), "{step}");
        t.obs(step, want);
    };
    look("provider", 0);
    load(&[MATCH]);
    look("match", 1);
    let tables = Tables::open(Family::V4);
    tables.replace(&one_rule("o")).expect("rule");
    look("one-rule", 2);
    tables
        .replace(&[one_rule("o"), one_rule("o"), one_rule("o")].concat())
        .expect("rules");
    look("three-rules", 4);
    let mut bad = one_rule("o").to_vec();
    bad.extend(one_rule("nobody"));
    assert_eq!(tables.try_replace(&bad), libc::ENOENT);
    look("failed", 4);
    tables.replace(&[]).expect("no rules");
    look("no-rules", 1);
    assert_eq!(acct.del("o"), 0);
    unload(MATCH);
    assert_eq!(refs(PROVIDER), Some(0));
}

fn removal_order(t: &mut Test) {
    without_pair();
    load(&[MATCH]);
    let early = cmd::run(&format!("rmmod {PROVIDER}"));
    assert_ne!(early.code, 0);
    t.obs("provider-first", early);
    t.obs("match", must(&format!("rmmod {MATCH}")));
    t.obs("provider", must(&format!("rmmod {PROVIDER}")));
    // The other order of loading: the match brings its provider.
    load(&[PROVIDER, MATCH]);
    must(&format!("rmmod {MATCH} {PROVIDER}"));
    assert!(!loaded(PROVIDER));
}

/// Objects alone do not keep the module; they go with it.
fn objects_do_not_pin(t: &mut Test) {
    without_pair();
    let acct = Acct::open();
    for n in 0..100 {
        acct.add_quota(&format!("o{n}"), F_PKTS, 5);
    }
    must(&format!("rmmod {PROVIDER}"));
    t.obs("names", acct.names().len());
    assert!(acct.names().is_empty());
}

fn rules_pin(t: &mut Test) {
    without_pair();
    Acct::open().add("o");
    let tables = Tables::open(Family::V4);
    tables.replace(&one_rule("o")).expect("rule");
    for name in [MATCH, PROVIDER] {
        let output = cmd::run(&format!("rmmod {name}"));
        assert_ne!(output.code, 0);
        t.obs(name, output);
    }
    Udp::v4().send(3, 72);
    assert_eq!(Acct::open().counts("o").0, 3);
    tables.replace(&[]).expect("no rules");
    must(&format!("rmmod {MATCH}"));
    must(&format!("rmmod {PROVIDER}"));
}

/// A dump in progress holds the module until its socket ends or is read out.
fn open_dump_pins(t: &mut Test) {
    for read_out in [false, true] {
        without_pair();
        let acct = Acct::open();
        let names: Vec<_> = (0..1000).map(|n| add_quiet(&format!("o{n}"))).collect();
        acct.add_many(&names);
        let s = Sock::open();
        s.send(Msg::new(GET, LIST).bytes()).expect("send");
        s.recv(4096).expect("first part");
        let output = cmd::run(&format!("rmmod {PROVIDER}"));
        assert_ne!(output.code, 0);
        t.obs(format!("{read_out}"), output);
        if read_out {
            let mut reply = crate::wire::Reply::default();
            s.drain(4096, &mut reply);
            assert!(reply.done());
        } else {
            drop(s);
        }
        must(&format!("rmmod {PROVIDER}"));
    }
}

/// The module goes while the memory of its objects still waits to be freed.
fn removal_after_delete(t: &mut Test) {
    for _ in 0..5 {
        without_pair();
        let acct = Acct::open();
        let names: Vec<_> = (0..2000)
            .map(|n| match n % 2 {
                0 => add_quiet(&format!("{n}")),
                _ => add_quiet(&format!("{n}")).be32(FLAGS, 1).be64(QUOTA, 1),
            })
            .collect();
        acct.add_many(&names);
        acct.flush();
        must(&format!("rmmod {PROVIDER}"));
    }
    t.obs("loaded", loaded(PROVIDER));
}

fn reload_cycles(t: &mut Test) {
    without_pair();
    for round in 0..8u64 {
        load(&[MATCH]);
        let acct = Acct::open();
        acct.add("o");
        let tables = Tables::open(Family::V4);
        tables.replace(&one_rule("o")).expect("rule");
        Udp::v4().send(round, 72);
        assert_eq!(acct.counts("o").0, round);
        tables.replace(&[]).expect("no rules");
        must(&format!("rmmod {MATCH} {PROVIDER}"));
    }
    t.obs("loaded", loaded(PROVIDER));
}

/// Namespaces that were there before the module get their table too.
fn namespaces_older_than_the_module(t: &mut Test) {
    without_pair();
    let old = crate::env::netns::Netns::new();
    Acct::open().add("here");
    old.within(|| {
        let acct = Acct::open();
        assert!(acct.names().is_empty());
        acct.add("there");
    });
    must(&format!("rmmod {PROVIDER}"));
    t.obs("gone", old.within(|| Acct::open().names().len()));
}

/// Leaves namespaces with objects and rules behind and waits until the
/// references of all of them are gone.
fn end_with_rules(t: &mut Test) {
    for n in 0..6 {
        fresh();
        let acct = Acct::open();
        acct.add("o");
        if n % 2 == 0 {
            let tables = Tables::open(Family::V4);
            tables.replace(&one_rule("o")).expect("rule");
        } else {
            let m = Match::nfacct(1, b"o");
            nft::rule(&acct.sock, Family::V4, Hook::Out, &m);
        }
        Udp::v4().send(4, 72);
        assert_eq!(acct.counts("o").0, 4);
    }
    fresh();
    settle(PROVIDER, 1);
    t.obs("refs", "1");
    unload_pair();
}

pub(super) const TABLES: [&str; 3] = ["iptable_filter", "ip_tables", "nf_tables"];

/// Namespaces are torn down in reverse order of registration: first those of
/// the tables, then ours.
fn exit_order_provider_first(t: &mut Test) {
    without_pair();
    settle_tables();
    load(&[PROVIDER, MATCH]);
    load(&TABLES);
    end_with_rules(t);
}

/// The tables are older: objects die before the rules that use them.
fn exit_order_tables_first(t: &mut Test) {
    without_pair();
    settle_tables();
    load(&TABLES);
    load(&[PROVIDER, MATCH]);
    end_with_rules(t);
}

/// Removes the table modules, which the previous tests' namespaces may hold.
pub(super) fn settle_tables() {
    for table in ["iptable_raw", "iptable_mangle", "iptable_filter"] {
        unload(table);
    }
    unload("ip_tables");
    unload("nft_compat");
}

/// Our match reads our objects by layout: it loads on our provider only.
fn match_needs_its_provider(t: &mut Test) {
    without_pair();
    load(&["x_tables", PROVIDER]);
    let mut log = Kmsg::open();
    let output = cmd::run("insmod /modules-rust/xt_nfacct.ko");
    t.note(&output);
    let ours = t.stack() != "c-c";
    assert_eq!(loaded(MATCH), ours);
    if !ours {
        assert_ne!(output.code, 0);
        let why = log.lines().join("|");
        assert!(why.contains("nfacct_rs_abi_1"), "{why}");
    }
    Acct::open().add("o");
    unload_pair();
}
