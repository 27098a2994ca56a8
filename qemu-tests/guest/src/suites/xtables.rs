// SPDX-License-Identifier: GPL-2.0-only
//! The match under `ip_tables` and `ip6_tables`, by raw socket options.

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{errno_name, hex, Acct, Msg};
use crate::xt::blob::match_data;
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Match, Rule, Verdict};

cases![
    revisions,
    counts_v4,
    counts_v6,
    mixed_revisions,
    both_families_one_object,
    two_matches_in_one_rule,
    tail_garbage,
    pointer_is_not_shown,
    use_count,
    busy_delete,
    replace_keeps_counts,
    many_rules,
];

pub(super) const FAMILIES: [(Family, &str); 2] = [(Family::V4, "v4"), (Family::V6, "v6")];

pub(super) fn rule(m: Match) -> Rule {
    Rule {
        hook: Hook::Out,
        matches: vec![m],
        verdict: Verdict::Continue,
    }
}

pub(super) fn nfacct(revision: u8, name: &[u8]) -> Rule {
    rule(Match::nfacct(revision, name))
}

fn revisions(t: &mut Test) {
    for (family, label) in FAMILIES {
        let tables = Tables::open(family);
        for revision in 0..4 {
            let got = errno_name(tables.revision("nfacct", revision));
            assert_eq!(got == "0", revision < 2, "{label} {revision}");
            t.obs(format!("{label}-{revision}"), got);
        }
    }
}

fn counts(t: &mut Test, family: Family, udp: &Udp) {
    let acct = Acct::open();
    for revision in 0..2u8 {
        let name = format!("rev{revision}");
        acct.add(&name);
        let rules = [nfacct(revision, name.as_bytes())];
        Tables::open(family).replace(&rules).expect("rule");
        udp.send(10, 72);
        assert_eq!(acct.counts(&name), (10, 10 * udp.packet(72)));
    }
    t.exchange("list", &acct.sock, &Msg::new(GET, LIST));
}

fn counts_v4(t: &mut Test) {
    counts(t, Family::V4, &Udp::v4());
}

fn counts_v6(t: &mut Test) {
    counts(t, Family::V6, &Udp::v6());
}

fn mixed_revisions(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let rules: Vec<_> = (0..6).map(|n| nfacct(n % 2, b"o")).collect();
    Tables::open(Family::V4).replace(&rules).expect("rules");
    Udp::v4().send(5, 72);
    assert_eq!(acct.counts("o"), (30, 3000));
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn both_families_one_object(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    for (family, _) in FAMILIES {
        let rules = [nfacct(1, b"o")];
        Tables::open(family).replace(&rules).expect("rule");
    }
    Udp::v4().send(5, 72);
    Udp::v6().send(5, 72);
    assert_eq!(acct.counts("o"), (10, 5 * 100 + 5 * 120));
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn two_matches_in_one_rule(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    acct.add_quota("b", F_PKTS, 2);
    acct.add("c");
    let all = Rule {
        hook: Hook::Out,
        matches: ["a", "b", "c"]
            .map(|n| Match::nfacct(1, n.as_bytes()))
            .to_vec(),
        verdict: Verdict::Continue,
    };
    Tables::open(Family::V4).replace(&[all]).expect("rule");
    Udp::v4().send(5, 72);
    let packets = ["a", "b", "c"].map(|n| acct.counts(n).0);
    assert_eq!(packets, [5, 5, 3]);
    t.obs("packets", format!("{packets:?}"));
}

/// Bytes behind the name's NUL, and where the pointer will be, mean nothing.
fn tail_garbage(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let mut m = Match::nfacct(1, b"o\0garbage\xff");
    m.data[32..].fill(0xa5);
    let tables = Tables::open(Family::V4);
    tables.replace(&[rule(m)]).expect("rule");
    Udp::v4().send(3, 72);
    assert_eq!(acct.counts("o").0, 3);
    t.obs("uses", acct.get("o").uses);
}

/// Reading the table back shows the name, never the kernel's pointer.
fn pointer_is_not_shown(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    for (family, label) in FAMILIES {
        let tables = Tables::open(family);
        tables
            .replace(&[nfacct(0, b"o"), nfacct(1, b"o")])
            .expect("rules");
        let entries = tables.entries().expect("entries");
        let data = match_data(family, &entries, "nfacct");
        assert_eq!(data.len(), 2);
        for (revision, data) in data.iter().enumerate() {
            t.obs(format!("{label}-{revision}"), hex(data));
            assert_eq!(data[32..], [0; 8], "kernel pointer in user space");
        }
    }
}

fn use_count(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let tables = Tables::open(Family::V4);
    for count in [0, 1, 2, 10, 1, 0] {
        let rules = vec![nfacct(1, b"o"); count];
        tables.replace(&rules).expect("rules");
        let uses = acct.get("o").uses;
        t.obs(format!("{count}-{}", acct.reset("o").pkts), uses);
        assert_eq!(uses as usize, count + 1);
        acct.sock
            .exchange(&Msg::new(NEW, REQUEST | REPLACE).name(b"o"));
        Udp::v4().send(1, 72);
    }
}

/// An object in use is neither deleted nor flushed.
fn busy_delete(t: &mut Test) {
    let acct = Acct::open();
    for name in ["used", "free", "free too"] {
        acct.add(name);
    }
    let tables = Tables::open(Family::V4);
    tables.replace(&[nfacct(1, b"used")]).expect("rule");
    let del = Msg::new(DEL, ASK).name(b"used");
    t.expect("del", &acct.sock, &del, "EBUSY");
    let flush = Msg::new(DEL, ASK);
    t.expect("flush", &acct.sock, &flush, "0");
    assert_eq!(acct.names(), ["used"]);
    Udp::v4().send(2, 72);
    assert_eq!(acct.counts("used").0, 2);
    tables.replace(&[]).expect("no rules");
    t.expect("del-unused", &acct.sock, &del, "0");
    assert!(acct.names().is_empty());
}

/// A table swap keeps objects and counts: the point of the whole subsystem.
fn replace_keeps_counts(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let tables = Tables::open(Family::V4);
    let udp = Udp::v4();
    for round in 0..5 {
        tables.replace(&[nfacct(round % 2, b"o")]).expect("rule");
        udp.send(3, 72);
    }
    tables.replace(&[]).expect("no rules");
    udp.send(3, 72);
    assert_eq!(acct.counts("o"), (15, 1500));
    t.obs("uses", acct.get("o").uses);
}

fn many_rules(t: &mut Test) {
    let acct = Acct::open();
    let names: Vec<_> = (0..200).map(|n| format!("object-{n}")).collect();
    for name in &names {
        acct.add(name);
    }
    let rules: Vec<_> = names
        .iter()
        .flat_map(|n| [nfacct(0, n.as_bytes()), nfacct(1, n.as_bytes())])
        .collect();
    Tables::open(Family::V4).replace(&rules).expect("rules");
    Udp::v4().send(10, 72);
    assert!(acct.list().iter().all(|o| (o.pkts, o.uses) == (20, 3)));
    let dump = acct.sock.exchange(&Msg::new(GET, LIST));
    t.obs("dump", dump.digest());
}
