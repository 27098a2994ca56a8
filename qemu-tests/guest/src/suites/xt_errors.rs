// SPDX-License-Identifier: GPL-2.0-only
//! Rules that the match refuses, and what the kernel log says about them.

use std::time::Instant;

use crate::env::kmsg::Kmsg;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::{errno_name, Acct};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Match};

use super::xtables::{nfacct, rule, FAMILIES};

cases![
    missing_object,
    missing_object_log,
    odd_names,
    unterminated_name_log,
    log_is_limited,
    wrong_sizes,
    failed_replace_undoes,
];

fn missing_object(t: &mut Test) {
    let acct = Acct::open();
    for (family, label) in FAMILIES {
        let tables = Tables::open(family);
        for revision in 0..2 {
            let got = tables.try_replace(&[nfacct(revision, b"nobody")]);
            t.obs(format!("{label}-{revision}"), errno_name(got));
            assert_eq!(got, libc::ENOENT);
        }
    }
    acct.add("other");
    assert_eq!(acct.get("other").uses, 1);
}

/// Log lines of the match since the last look.
fn complaints(log: &mut Kmsg) -> Vec<String> {
    log.lines()
        .into_iter()
        .filter(|line| line.contains("accounting object"))
        .collect()
}

/// Has the kernel complain once; its rate limit may hold lines back for 5 s.
fn complaint(name: &[u8]) -> Vec<String> {
    let tables = Tables::open(Family::V4);
    let mut log = Kmsg::open();
    for _ in 0..4 {
        assert_eq!(tables.try_replace(&[nfacct(1, name)]), libc::ENOENT);
        let lines = complaints(&mut log);
        if !lines.is_empty() {
            return lines;
        }
        std::thread::sleep(std::time::Duration::from_secs(5));
    }
    Vec::new()
}

fn missing_object_log(t: &mut Test) {
    let lines = complaint(b"no such object");
    t.obs("log", lines.join("|"));
    assert_eq!(
        lines,
        ["xt_nfacct: accounting object `no such object' does not exist"]
    );
}

/// What cannot be an object's name is simply not found.
fn odd_names(t: &mut Test) {
    let acct = Acct::open();
    acct.add(&"x".repeat(31));
    let tables = Tables::open(Family::V4);
    for (step, name) in [
        ("empty", b"".as_slice()),
        ("unterminated", &[b'x'; 32]),
        ("unterminated-high", &[0xff; 32]),
        ("shorter", &[b'x'; 30]),
    ] {
        let got = tables.try_replace(&[nfacct(1, name)]);
        t.obs(step, errno_name(got));
        assert_eq!(got, libc::ENOENT, "{step}");
    }
    assert_eq!(tables.try_replace(&[nfacct(1, &[b'x'; 31])]), 0);
}

/// A name without NUL is printed up to its 32 bytes and not beyond.
fn unterminated_name_log(t: &mut Test) {
    let lines = complaint(&[b'u'; 32]);
    t.obs("log", lines.join("|"));
    let name = "u".repeat(32);
    assert_eq!(
        lines,
        [format!("xt_nfacct: accounting object `{name}' does not exist")]
    );
}

/// Whoever may make rules cannot flood the log: ten lines in five seconds.
fn log_is_limited(t: &mut Test) {
    let tables = Tables::open(Family::V4);
    let mut log = Kmsg::open();
    let start = Instant::now();
    for _ in 0..300 {
        assert_eq!(tables.try_replace(&[nfacct(1, b"nobody")]), libc::ENOENT);
    }
    let lines = complaints(&mut log).len() as u64;
    // The first interval may have begun before, and one more may have begun since.
    let most = 10 * (start.elapsed().as_secs() / 5 + 2);
    t.note(format!("{lines} lines about 300 rules, at most {most}"));
    t.obs("flood", if lines <= most { "no" } else { "yes" });
    assert!(lines <= most && most < 300, "the log is flooded");
}

fn wrong_sizes(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let tables = Tables::open(Family::V4);
    for revision in 0..3 {
        for size in [0usize, 8, 32, 40, 48, 64] {
            let mut m = Match::nfacct(revision, b"o");
            m.data.resize(size, 0);
            let got = tables.try_replace(&[rule(m)]);
            t.obs(format!("{revision}-{size}"), errno_name(got));
            assert_eq!(got == 0, revision < 2 && size == 40);
        }
    }
}

/// A table that fails half-way leaves the references as they were.
fn failed_replace_undoes(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let tables = Tables::open(Family::V4);
    tables.replace(&[nfacct(1, b"o")]).expect("rule");
    let bad = [nfacct(1, b"o"), nfacct(0, b"o"), nfacct(1, b"nobody")];
    for _ in 0..3 {
        assert_eq!(tables.try_replace(&bad), libc::ENOENT);
        assert_eq!(acct.get("o").uses, 2);
    }
    Udp::v4().send(1, 72);
    assert_eq!(acct.counts("o").0, 1);
    t.obs("uses", acct.get("o").uses);
}
