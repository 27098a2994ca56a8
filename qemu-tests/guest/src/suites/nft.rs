// SPDX-License-Identifier: GPL-2.0-only
//! The match under nftables, by raw transactions through `nft_compat`.

use crate::env::kmsg::Kmsg;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Reply, Sock};
use crate::xt::{nft, Family, Hook, Match};

cases![
    counts,
    missing_object,
    unterminated_name,
    tail_garbage,
    wrong_sizes,
    busy_delete,
    table_deleted,
    aborted_transaction,
];

/// The errors of a transaction, without nftables' own wording.
fn errors(reply: &Reply) -> String {
    let text: Vec<_> = reply
        .messages()
        .iter()
        .filter_map(crate::wire::Message::error)
        .map(crate::wire::errno_name)
        .collect();
    if text.is_empty() {
        return "none".into();
    }
    text.join(",")
}

fn add(acct: &Acct, m: &Match) -> Reply {
    nft::rule(&acct.sock, Family::V4, Hook::Out, m)
}

fn counts(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    for (family, udp) in [(Family::V4, Udp::v4()), (Family::V6, Udp::v6())] {
        for revision in 0..2 {
            let m = Match::nfacct(revision, b"o");
            let reply = nft::rule(&acct.sock, family, Hook::Out, &m);
            assert_eq!(reply.outcome(), "-");
            udp.send(4, 72);
            let object = acct.reset("o");
            assert_eq!((object.pkts, object.bytes), (4, 4 * udp.packet(72)));
            assert_eq!(object.uses, 2);
            assert_eq!(nft::delete(&acct.sock, family).errno(), Some(0));
            acct.settle("o", 1);
        }
    }
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn missing_object(t: &mut Test) {
    let acct = Acct::open();
    for revision in 0..2 {
        let reply = add(&acct, &Match::nfacct(revision, b"nobody"));
        t.obs(revision, errors(&reply));
        assert_eq!(errors(&reply), "ENOENT");
    }
}

fn unterminated_name(t: &mut Test) {
    let acct = Acct::open();
    acct.add(&"u".repeat(31));
    let mut log = Kmsg::open();
    for revision in 0..2 {
        let reply = add(&acct, &Match::nfacct(revision, &[b'u'; 32]));
        t.obs(revision, errors(&reply));
        assert_eq!(errors(&reply), "ENOENT");
    }
    let longest = format!("`{}'", "u".repeat(32));
    for line in log.lines().iter().filter(|l| l.contains("accounting object")) {
        assert!(line.contains(&longest), "{line}");
    }
}

fn tail_garbage(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let mut m = Match::nfacct(1, b"o\0garbage");
    m.data[32..].fill(0x5a);
    assert_eq!(add(&acct, &m).outcome(), "-");
    Udp::v4().send(3, 72);
    t.obs("count", acct.counts("o").0);
    assert_eq!(acct.counts("o").0, 3);
}

fn wrong_sizes(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    for size in [1usize, 31, 32, 39, 40, 41, 48, 64] {
        let mut m = Match::nfacct(1, b"o");
        m.data.resize(size, 0);
        let reply = add(&acct, &m);
        t.obs(size, errors(&reply));
        if reply.outcome() == "-" {
            assert_eq!(size, 40);
            nft::delete(&acct.sock, Family::V4);
            acct.settle("o", 1);
        }
    }
}

fn busy_delete(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    assert_eq!(add(&acct, &Match::nfacct(1, b"o")).outcome(), "-");
    let del = Msg::new(DEL, ASK).name(b"o");
    t.expect("busy", &acct.sock, &del, "EBUSY");
    nft::delete(&acct.sock, Family::V4);
    acct.settle("o", 1);
    t.expect("free", &acct.sock, &del, "0");
}

/// Rules come and go under traffic; the object stays.
fn table_deleted(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let udp = Udp::v4();
    for _ in 0..20 {
        assert_eq!(add(&acct, &Match::nfacct(1, b"o")).outcome(), "-");
        udp.send(2, 72);
        let gone = nft::delete(&Sock::open(), Family::V4);
        assert_eq!(gone.errno(), Some(0));
        udp.send(2, 72);
    }
    acct.settle("o", 1);
    assert_eq!(acct.counts("o").0, 40);
    t.obs("count", acct.counts("o").0);
}

/// Of two rules in one transaction the second fails: the first goes as well.
fn aborted_transaction(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let both = [Match::nfacct(1, b"o"), Match::nfacct(1, b"nobody")];
    for _ in 0..5 {
        let reply = nft::rules(&acct.sock, Family::V4, Hook::Out, &both);
        assert_eq!(errors(&reply), "ENOENT");
    }
    acct.settle("o", 1);
    Udp::v4().send(1, 72);
    assert_eq!(acct.counts("o").0, 0);
    t.obs("del", acct.del("o"));
}
