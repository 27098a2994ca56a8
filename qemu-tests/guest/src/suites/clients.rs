// SPDX-License-Identifier: GPL-2.0-only
//! The messages of real clients, sent as they send them.

use std::fs;
use std::time::{Duration, Instant};

use crate::env::cmd;
use crate::env::proc::Child;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{attr_bytes, Acct, Msg, Reply, Sock};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{Family, Hook, Match, Rule, Verdict};

cases![
    c_tool_messages,
    kube_proxy,
    connman,
    tizen,
    netdata,
    ncollectd,
    eayun,
    libmnl_rules,
    ulogd,
];

/// Size of the buffer of every client built on libmnl.
const PAGE: usize = 4096;

/// Sends as a libmnl client does: page-sized reads, a sequence number.
fn ask(t: &mut Test, s: &Sock, step: &str, msg: &Msg) -> Reply {
    let reply = s.exchange_sized(msg.bytes(), PAGE);
    t.obs(step, &reply);
    reply
}

/// Every command of nfacct 1.0.2, in the order of its manual page.
fn c_tool_messages(t: &mut Test) {
    let s = Sock::open();
    let add = |name: &str| {
        Msg::new(NEW, ADD)
            .name(name.as_bytes())
            .counters(0, 0)
    };
    let quota = add("q1").be32(FLAGS, F_BYTES).be64(QUOTA, 10_000);
    assert_eq!((add("n1").bytes().len(), quota.bytes().len()), (52, 72));
    ask(t, &s, "add", &add("n1"));
    ask(t, &s, "add-quota", &quota);
    ask(t, &s, "add-again", &add("n1"));
    let one = |kind| Msg::new(kind, ASK).name(b"n1");
    ask(t, &s, "get", &one(GET));
    ask(t, &s, "get-reset", &one(CTRZERO));
    for (step, kind) in [("list", GET), ("list-reset", CTRZERO)] {
        let dump = || Msg::new(kind, LIST);
        ask(t, &s, step, &dump());
        for (filter, mask, value) in [
            ("counters", 3, 0),
            ("bytes", 2, 2),
            ("pkts", 1, 1),
            ("over", 4, 4),
        ] {
            ask(t, &s, &format!("{step}-{filter}"), &dump().filter(mask, value));
        }
    }
    ask(t, &s, "delete", &one(DEL));
    ask(t, &s, "flush", &Msg::new(DEL, ASK));
}

/// Probe, ensure, metrics. Its family byte is 16, and it stops reading unless
/// the reply to GET says that more follows.
fn kube_proxy(t: &mut Test) {
    let s = Sock::open();
    let msg = |kind, flags, name: &str| Msg::new(kind, flags).gen(16, 0, 0).name(name.as_bytes());
    let probe = ask(t, &s, "probe", &msg(GET, REQUEST | ACK, "IMayExist"));
    assert_eq!(probe.errno(), Some(libc::ENOENT));
    for name in ["ct_state_invalid_dropped_pkts", "localhost_nps_accepted_pkts"] {
        for round in 0..2 {
            let step = format!("{name}-{round}");
            let get = ask(t, &s, &format!("{step}-get"), &msg(GET, REQUEST | ACK, name));
            if get.errno() == Some(libc::ENOENT) {
                let new = msg(NEW, ADD, name);
                assert_eq!(ask(t, &s, &format!("{step}-new"), &new).errno(), Some(0));
            }
        }
        let again = msg(NEW, ADD, name);
        let again = ask(t, &s, &format!("{name}-race"), &again);
        assert_eq!(again.errno(), Some(libc::EBUSY));
    }
    count_output(&["ct_state_invalid_dropped_pkts"]);
    Udp::v4().send(9, 72);
    // All rules are written anew; the metric must not go back.
    count_output(&["localhost_nps_accepted_pkts", "ct_state_invalid_dropped_pkts"]);
    Udp::v4().send(1, 72);
    let name = "ct_state_invalid_dropped_pkts";
    let metric = ask(t, &s, "metric", &msg(GET, REQUEST | ACK, name));
    assert_eq!(metric.objects()[0].pkts, 10);
    assert_ne!(metric.messages()[0].flags & MULTI, 0);
}

/// Sessions by name; its flush is a dump and a delete for each of its own.
fn connman(t: &mut Test) {
    let acct = Acct::open();
    let s = &acct.sock;
    acct.add("somebody-else");
    for n in 0..3 {
        let name = format!("session-input-{n}");
        let msg = Msg::new(NEW, ASK).name(name.as_bytes());
        ask(t, s, &format!("new-{n}"), &msg);
    }
    count_output(&["session-input-1"]);
    Udp::v4().send(4, 72);
    let read = Msg::new(CTRZERO, ASK).name(b"session-input-1");
    assert_eq!(ask(t, s, "read", &read).objects()[0].pkts, 4);
    count_output(&[]);
    let all = ask(t, s, "dump", &Msg::new(GET, LIST));
    for object in all.objects() {
        if object.name.starts_with(b"session-") {
            let msg = Msg::new(DEL, ASK).name(&object.name);
            assert_eq!(s.exchange(&msg).errno(), Some(0));
        }
    }
    t.obs("left", acct.names().join(","));
    assert_eq!(acct.names(), ["somebody-else"]);
}

/// Quotas that block, read by a filter in host byte order.
fn tizen(t: &mut Test) {
    let acct = Acct::open();
    let s = &acct.sock;
    let new = |name: &str| {
        Msg::new(NEW, ADD)
            .name(name.as_bytes())
            .counters(0, 0)
    };
    ask(t, s, "counter", &new("c1_0_7_wlan0"));
    let blocker = new("b1_0_7_wlan0").be32(FLAGS, F_BYTES).be64(QUOTA, 300);
    ask(t, s, "blocker", &blocker);
    let rules = [
        Rule::count(Hook::Out, 1, "c1_0_7_wlan0"),
        Rule {
            hook: Hook::Out,
            matches: vec![Match::nfacct(1, b"b1_0_7_wlan0")],
            verdict: Verdict::Drop,
        },
    ];
    Tables::open(Family::V4).replace(&rules).expect("rules");
    let udp = Udp::v4();
    let passed = (0..6).filter(|_| udp.try_send(72).is_ok()).count();
    assert_eq!(passed, 3);
    for (step, mask, value) in [("plain", 3u32, 0u32), ("bytes", 2, 2)] {
        let inner = [
            attr_bytes(FILTER_MASK, 8, &mask.to_ne_bytes()),
            attr_bytes(FILTER_VALUE, 8, &value.to_ne_bytes()),
        ]
        .concat();
        let dump = Msg::new(CTRZERO, LIST).attr(FILTER, &inner);
        ask(t, s, &format!("dump-{step}"), &dump);
    }
    ask(t, s, "after", &Msg::new(GET, LIST));
}

/// A plain dump each second on one socket; counters must never go back.
fn netdata(t: &mut Test) {
    let acct = Acct::open();
    acct.add("in");
    acct.add("out");
    count_output(&["out"]);
    let s = Sock::open();
    let udp = Udp::v4();
    let mut last = 0;
    for seq in 1..=5u32 {
        udp.send(u64::from(seq), 72);
        let reply = ask(
            t,
            &s,
            &format!("second-{seq}"),
            &Msg::new(GET, LIST).seq(seq),
        );
        assert!(reply.messages().iter().all(|m| m.seq == seq));
        let now = reply.objects()[1].pkts;
        assert!(now > last);
        last = now;
    }
}

/// Plain objects by filter, quotas by another, with their levels.
fn ncollectd(t: &mut Test) {
    let acct = Acct::open();
    acct.add("plain");
    acct.add_quota("limit", F_PKTS, 2);
    count_output(&["plain", "limit"]);
    Udp::v4().send(3, 72);
    let s = Sock::open();
    for (step, mask, value) in [("plain", 3, 0), ("packets", 1, 1), ("bytes", 2, 2)] {
        let dump = Msg::new(GET, LIST).filter(mask, value);
        ask(t, &s, step, &dump);
    }
}

/// Flush as a collector of garbage: what rules use stays.
fn eayun(t: &mut Test) {
    let acct = Acct::open();
    let names = ["neutron-meter-i-0a1b2c3d-aaaaaa", "neutron-meter-o-0a1b2c3d-aaaaaa"];
    for name in names {
        acct.add(name);
    }
    acct.add("garbage");
    count_output(&names);
    Udp::v4().send(2, 72);
    t.obs("tool", cmd::run("nfacct flush"));
    assert_eq!(acct.names(), names);
    t.obs("list", cmd::run("nfacct list reset").out);
    assert_eq!(acct.counts(names[0]), (0, 0));
}

/// What libmnl refuses in a reply: another sequence number, another port id,
/// a dump that says it was interrupted.
fn libmnl_rules(t: &mut Test) {
    let acct = Acct::open();
    for n in 0..200 {
        acct.add(&format!("object-{n}"));
    }
    let port = 0x7777;
    let s = Sock::try_open(port).expect("socket");
    for (kind, flags) in [(GET, DUMP), (CTRZERO, DUMP), (GET, ACK), (CTRZERO, ACK)] {
        let msg = Msg::new(kind, REQUEST | flags).name(b"object-7").seq(12345);
        let reply = s.exchange_sized(msg.bytes(), PAGE);
        for m in reply.messages() {
            assert_eq!((m.seq, m.pid), (12345, port));
            assert_eq!(m.flags & DUMP_INTR, 0);
        }
        t.obs(format!("{kind:x}-{flags:x}"), reply.digest());
    }
}

const CONFIG: &str = r#"[global]
logfile="/tmp/ulogd.log"
plugin="PLUGINS/ulogd_inpflow_NFACCT.so"
plugin="PLUGINS/ulogd_output_GPRINT.so"
stack=acct1:NFACCT,gp1:GPRINT
[acct1]
pollinterval=1
[gp1]
file="/tmp/ulogd.out"
sync=1
"#;

/// The stock daemon polls with resets; its sum is what was sent.
fn ulogd(t: &mut Test) {
    let acct = Acct::open();
    acct.add("counted");
    acct.add_quota("limited", F_PKTS, 3);
    count_output(&["counted", "limited"]);
    let plugins = "/usr/lib/x86_64-linux-gnu/ulogd";
    fs::write("/tmp/ulogd.conf", CONFIG.replace("PLUGINS", plugins)).expect("configuration");
    let _ = fs::remove_file("/tmp/ulogd.out");
    let daemon = Child::spawn(|| cmd::run("ulogd -c /tmp/ulogd.conf").code);
    let udp = Udp::v4();
    let mut sums = [(0, 0); 2];
    let deadline = Instant::now() + Duration::from_secs(120);
    for _ in 0..50 {
        udp.send(10, 72);
        std::thread::sleep(Duration::from_millis(20));
    }
    while sums.iter().any(|sum| sum.0 < 500) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
        let text = fs::read_to_string("/tmp/ulogd.out").unwrap_or_default();
        sums = ["counted", "limited"].map(|name| reported(&text, name));
    }
    daemon.kill();
    assert_eq!(sums, [(500, 50_000); 2], "what the daemon reported");
    t.obs("sums", format!("{sums:?}"));
}

/// Sum of the complete lines about one object.
fn reported(text: &str, name: &str) -> (u64, u64) {
    let number = |line: &str, key: &str| -> u64 {
        line.split(',')
            .find_map(|word| word.strip_prefix(key)?.parse().ok())
            .unwrap_or_else(|| panic!("no {key} in {line}"))
    };
    let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    complete
        .lines()
        .filter(|line| line.contains(&format!("sum.name={name},")))
        .map(|line| (number(line, "sum.pkts="), number(line, "sum.bytes=")))
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}
