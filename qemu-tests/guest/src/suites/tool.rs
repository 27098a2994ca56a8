// SPDX-License-Identifier: GPL-2.0-only
//! The unmodified nfacct program: output, errors, exit codes.

use std::fmt::Write;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::env::cmd::{feed, must, run};
use crate::env::pty::Pty;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::{F_BYTES, F_PKTS};
use crate::wire::Acct;
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::Family;

cases![
    life_of_an_object,
    empty_table,
    quotas,
    list_options,
    get_options,
    formats_of_odd_names,
    long_names_alias,
    in_use,
    restore,
    restore_stops_at_an_error,
    list_reset_loses_nothing,
    many_objects,
    monitor,
];

/// Runs each command and records all of its output.
fn script(t: &mut Test, commands: &[&str]) {
    for (n, command) in commands.iter().enumerate() {
        let output = run(&format!("nfacct {command}"));
        let step = format!("{n}-{}", command.replace(' ', "_"));
        t.obs(step, without_time(&output.to_string()));
    }
}

/// Masks the time stamp of the JSON header.
fn without_time(text: &str) -> String {
    let key = "\"timestamp\" : ";
    match text.split_once(key) {
        Some((head, tail)) => {
            let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{head}{key}TIME{rest}")
        }
        None => text.to_string(),
    }
}

fn life_of_an_object(t: &mut Test) {
    script(
        t,
        &[
            "add a", "add a", "get a", "list", "list xml", "list json", "delete a", "delete a",
            "get a", "add a", "add b", "flush", "list", "del nobody",
        ],
    );
}

fn empty_table(t: &mut Test) {
    script(
        t,
        &["list", "list xml", "list json", "list reset", "get x", "flush"],
    );
}

fn quotas(t: &mut Test) {
    script(
        t,
        &[
            "add p packet 5", "add b byte 5", "add max packet 18446744073709551615",
            "add over packet 99999999999999999999", "add minus byte -1", "add zero byte 0",
            "add hex byte 0x10", "add bad byte abc", "add kind bits 5", "list", "list json",
            "get b xml", "get p json",
        ],
    );
}

/// A plain object and quota objects, one of them over its quota.
fn scene() -> Acct {
    let acct = Acct::open();
    acct.add("plain");
    acct.add_quota("pkts", F_PKTS, 2);
    acct.add_quota("bytes", F_BYTES, 1_000_000);
    count_output(&["plain", "pkts", "bytes"]);
    Udp::v4().send(5, 72);
    acct
}

fn list_options(t: &mut Test) {
    let _acct = scene();
    script(
        t,
        &[
            "list", "list counters", "list bytes-quota", "list pkts-quota", "list overquota",
            "list xml overquota", "list json counters", "list overquota reset", "list overquota",
            "list reset counters", "list reset json", "list", "list nonsense", "list reset reset",
        ],
    );
}

fn get_options(t: &mut Test) {
    let _acct = scene();
    script(
        t,
        &[
            "get plain", "get pkts json", "get pkts xml", "get pkts reset", "get pkts",
            "get bytes reset json", "get bytes", "get nobody reset", "get plain overquota",
        ],
    );
}

fn formats_of_odd_names(t: &mut Test) {
    for name in [
        b"a b".as_slice(),
        b"q\"uote",
        b"<x>&",
        b"semi;colon",
        b"\x1b[1m",
        b"\xff\xfe",
        b"--help",
        b"%s",
    ] {
        let output = feed(&[b"nfacct", b"add", name], b"");
        assert_eq!(output.code, 0, "{output}");
    }
    script(t, &["list", "list xml", "list json", "flush"]);
}

/// The tool cuts names to 31 bytes before it sends them.
fn long_names_alias(t: &mut Test) {
    let stem = "n".repeat(31);
    for (n, (verb, tail)) in [
        ("add", "aaa"),
        ("add", "bbb"),
        ("get", ""),
        ("delete", "c"),
        ("get", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let output = run(&format!("nfacct {verb} {stem}{tail}"));
        t.obs(format!("{n}-{verb}"), output);
    }
}

fn in_use(t: &mut Test) {
    let _acct = scene();
    script(t, &["delete plain", "flush", "list"]);
    Tables::open(Family::V4).replace(&[]).expect("no rules");
    script_after(t, &["delete plain", "flush", "list"]);
}

/// The same steps a second time, under other names.
fn script_after(t: &mut Test, commands: &[&str]) {
    for command in commands {
        let output = run(&format!("nfacct {command}"));
        t.obs(format!("after-{}", command.replace(' ', "_")), output);
    }
}

/// What list prints goes in again; quotas do not, a known fault of the tool.
fn restore(t: &mut Test) {
    let acct = Acct::open();
    for n in 0..50u64 {
        acct.add_at(&format!("object-{n}"), n, n * 100);
    }
    let before = acct.list();
    let listed = must("nfacct list");
    must("nfacct flush");
    let output = feed(&[b"nfacct", b"restore"], listed.out.as_bytes());
    t.obs("restore", output);
    assert_eq!(acct.list(), before);
    let line = b"{ pkts = 1, bytes = 2, quota = 3, mode = byte } = q;\n";
    t.obs("quota", feed(&[b"nfacct", b"restore"], line));
    t.obs("get", run("nfacct get q"));
}

fn restore_stops_at_an_error(t: &mut Test) {
    let text = b"{ pkts = 1, bytes = 2 } = one;\n{ pkts = 3, bytes = 4 } = one;\n\
                 { pkts = 5, bytes = 6 } = two;\n";
    t.obs("exists", feed(&[b"nfacct", b"restore"], text));
    t.obs("list", run("nfacct list"));
    let text = b"{ pkts = 1, bytes = 2 } = three\n{ pkts = 5, bytes = 6 } = four;\n";
    t.obs("no-end", feed(&[b"nfacct", b"restore"], text));
    t.obs("list-again", run("nfacct list"));
}

/// The packets of every line that the tool printed.
fn packets(out: &str) -> u64 {
    out.lines()
        .map(|line| line["{ pkts = ".len()..][..20].parse::<u64>().expect("packets"))
        .sum()
}

/// Names of 17 and 18 characters, of which the C module reports some as zero.
fn list_reset_loses_nothing(t: &mut Test) {
    let acct = Acct::open();
    for n in 0..400u64 {
        acct.add_at(&format!("kube-proxy-count-{n}"), 1000 + n, 1);
    }
    let listed = packets(&must("nfacct list").out);
    let reset = packets(&must("nfacct list reset").out);
    let left = packets(&must("nfacct list").out);
    assert_eq!(left, 0);
    t.obs("lost", listed - reset);
}

fn many_objects(t: &mut Test) {
    let mut text = String::new();
    for n in 0..1000 {
        let _ = writeln!(text, "{{ pkts = {n}, bytes = {n} }} = object-{n};");
    }
    let output = feed(&[b"nfacct", b"restore"], text.as_bytes());
    assert_eq!(output.code, 0, "{output}");
    let listed = must("nfacct list");
    assert_eq!(listed.out.lines().count(), 1000);
    assert_eq!(packets(&listed.out), (0..1000u64).sum::<u64>());
    must("nfacct flush");
    t.obs("left", run("nfacct list"));
}

/// Waits until somebody in this namespace listens to the group.
pub(super) fn wait_for_listener() {
    let deadline = Instant::now() + Duration::from_secs(120);
    let listens = || {
        let text = fs::read_to_string("/proc/thread-self/net/netlink").expect("netlink table");
        text.lines()
            .filter_map(|line| line.split_whitespace().nth(3))
            .any(|groups| groups == "00000080")
    };
    while !listens() {
        assert!(Instant::now() < deadline, "nobody joined the group");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The monitor prints the event; to a terminal, for it never flushes a pipe.
fn monitor(t: &mut Test) {
    let mut pty = Pty::open();
    let slave = pty.slave.try_clone().expect("terminal");
    let mut child = Command::new("nfacct")
        .arg("monitor")
        .stdin(Stdio::null())
        .stdout(slave)
        .spawn()
        .expect("nfacct monitor");
    wait_for_listener();
    let acct = scene();
    let mut text = String::new();
    let deadline = Instant::now() + Duration::from_secs(120);
    while !text.contains('\n') && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
        text += &pty.read();
    }
    // The next epoch of the same object, and nothing in between.
    acct.reset("pkts");
    Udp::v4().send(2, 72);
    while text.matches('\n').count() < 2 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
        text += &pty.read();
    }
    child.kill().expect("kill");
    child.wait().expect("wait");
    t.obs("text", &text);
    assert_eq!(text.matches("overquota = yes } = pkts;").count(), 2);
}
