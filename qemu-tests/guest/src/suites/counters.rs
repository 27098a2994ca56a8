// SPDX-License-Identifier: GPL-2.0-only
//! Exact counting of packets and bytes, up to and over 2^64.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::env::cmd::must;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Rule};

cases![
    sizes_v4,
    sizes_v6,
    input_and_output,
    packets_wrap,
    bytes_wrap,
    quota_wraps,
    over_quota_is_sticky,
    reset_near_the_end,
    two_senders_exact,
    two_senders_quota_exact,
    pinned_to_each_cpu,
    tcp_as_the_rule_counts,
];

fn rules(family: Family, list: &[(Hook, &str)]) {
    let rules: Vec<_> = list
        .iter()
        .map(|(hook, name)| Rule::count(*hook, 1, name))
        .collect();
    Tables::open(family).replace(&rules).expect("rules");
}

fn sizes(t: &mut Test, family: Family, udp: &Udp) {
    let acct = Acct::open();
    acct.add("o");
    rules(family, &[(Hook::Out, "o")]);
    let mut want = (0, 0);
    for payload in [0usize, 1, 100, 512, 1400, 2048] {
        udp.send(3, payload);
        want = (want.0 + 3, want.1 + 3 * udp.packet(payload as u64));
        assert_eq!(acct.counts("o"), want, "payload {payload}");
    }
    t.obs("sum", format!("{want:?}"));
}

fn sizes_v4(t: &mut Test) {
    sizes(t, Family::V4, &Udp::v4());
}

fn sizes_v6(t: &mut Test) {
    sizes(t, Family::V6, &Udp::v6());
}

fn input_and_output(t: &mut Test) {
    let acct = Acct::open();
    for name in ["i", "o", "both"] {
        acct.add(name);
    }
    rules(
        Family::V4,
        &[
            (Hook::In, "i"),
            (Hook::Out, "o"),
            (Hook::In, "both"),
            (Hook::Out, "both"),
        ],
    );
    Udp::v4().send(1000, 72);
    assert_eq!(acct.counts("i"), (1000, 100_000));
    assert_eq!(acct.counts("o"), (1000, 100_000));
    assert_eq!(acct.counts("both"), (2000, 200_000));
    t.exchange("list", &acct.sock, &Msg::new(GET, LIST));
}

fn packets_wrap(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("o", u64::MAX - 5, 0);
    rules(Family::V4, &[(Hook::Out, "o")]);
    Udp::v4().send(10, 72);
    assert_eq!(acct.counts("o"), (4, 1000));
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn bytes_wrap(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("o", 0, u64::MAX - 150);
    rules(Family::V4, &[(Hook::Out, "o")]);
    let udp = Udp::v4();
    udp.send(1, 72);
    assert_eq!(acct.counts("o"), (1, u64::MAX - 50));
    udp.send(1, 72);
    assert_eq!(acct.counts("o"), (2, 49));
    let object = acct.reset("o");
    assert_eq!((object.pkts, object.bytes), (2, 49));
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn quota_wraps(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota_at("o", F_PKTS, 10, u64::MAX - 1, 0);
    rules(Family::V4, &[(Hook::Out, "o")]);
    let udp = Udp::v4();
    for step in 0..14 {
        udp.send(1, 72);
        t.exchange(step, &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
    }
}

/// The over-quota bit survives the wrap of the counter, until a reset.
fn over_quota_is_sticky(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota_at("o", F_PKTS, u64::MAX, u64::MAX - 1, 0);
    rules(Family::V4, &[(Hook::Out, "o")]);
    let udp = Udp::v4();
    udp.send(1, 72);
    assert_eq!(acct.get("o").flags, Some(F_PKTS | F_OVER));
    udp.send(4, 72);
    let object = acct.get("o");
    assert_eq!((object.pkts, object.flags), (3, Some(F_PKTS | F_OVER)));
    t.exchange("reset", &acct.sock, &Msg::new(CTRZERO, REQUEST).name(b"o"));
    assert_eq!(acct.get("o").flags, Some(F_PKTS));
}

fn reset_near_the_end(t: &mut Test) {
    let acct = Acct::open();
    for (name, start) in [("max", u64::MAX), ("half", 1 << 63), ("below", (1 << 63) - 1)] {
        acct.add_at(name, start, start);
    }
    rules(
        Family::V4,
        &[(Hook::Out, "max"), (Hook::Out, "half"), (Hook::Out, "below")],
    );
    let udp = Udp::v4();
    for round in 0..3 {
        let msg = Msg::new(CTRZERO, LIST);
        t.exchange(format!("reset-{round}"), &acct.sock, &msg);
        udp.send(2, 72);
    }
    assert_eq!(acct.counts("max"), (2, 200));
}

fn send_from_threads(threads: usize, each: u64) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| Udp::v4().send(each, 72));
        }
    });
}

fn two_senders_exact(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    rules(Family::V4, &[(Hook::Out, "o"), (Hook::In, "o")]);
    send_from_threads(2, 10_000);
    assert_eq!(acct.counts("o"), (40_000, 4_000_000));
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn two_senders_quota_exact(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota("o", F_BYTES, 1_500_000);
    rules(Family::V4, &[(Hook::Out, "o"), (Hook::In, "o")]);
    send_from_threads(2, 10_000);
    assert_eq!(acct.counts("o"), (40_000, 4_000_000));
    t.exchange("get", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

/// Packets of every CPU are in the sum, and a reset takes those of all.
fn pinned_to_each_cpu(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    rules(Family::V4, &[(Hook::Out, "o")]);
    let udp = Udp::v4();
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    for cpu in 0..cpus {
        pin(cpu);
        udp.send(100, 72);
    }
    let want = 100 * cpus as u64;
    assert_eq!(acct.counts("o"), (want, want * 100));
    pin(0);
    assert_eq!(acct.reset("o").pkts, want);
    assert_eq!(acct.counts("o"), (0, 0));
    for cpu in 0..cpus {
        pin(cpu);
        udp.send(7, 72);
    }
    assert_eq!(acct.counts("o").0, 7 * cpus as u64);
    acct.reset("o");
    t.exchange("after", &acct.sock, &Msg::new(GET, REQUEST).name(b"o"));
}

fn pin(cpu: usize) {
    // SAFETY: An all-zero set is valid and the CPU number is in range.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        let ret = libc::sched_setaffinity(0, std::mem::size_of_val(&set), &raw const set);
        assert_eq!(ret, 0, "affinity: {}", std::io::Error::last_os_error());
    }
}

/// A megabyte of TCP in large segments: the object says what the rule's own
/// counters say.
fn tcp_as_the_rule_counts(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    must("iptables-legacy -A OUTPUT -p tcp -m nfacct --nfacct-name o");
    let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
    let address = listener.local_addr().expect("address");
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut to = TcpStream::connect(address).expect("connection");
            to.write_all(&vec![0; 1 << 20]).expect("data");
        });
        let mut from = listener.accept().expect("connection").0;
        let mut data = Vec::new();
        from.read_to_end(&mut data).expect("data");
        assert_eq!(data.len(), 1 << 20);
    });
    drop(listener);
    // The last segments may still be on their way.
    let counts = || {
        let list = must("iptables-legacy -vnxL OUTPUT").out;
        let rule = list.lines().last().expect("the rule");
        let mut words = rule.split_whitespace().map(|w| w.parse::<u64>().ok());
        (words.next().flatten(), words.next().flatten())
    };
    let mut rule = counts();
    let mut object = acct.counts("o");
    for _ in 0..100 {
        if rule == (Some(object.0), Some(object.1)) {
            break;
        }
        thread::sleep(std::time::Duration::from_millis(20));
        rule = counts();
        object = acct.counts("o");
    }
    assert_eq!(rule, (Some(object.0), Some(object.1)));
    assert!(object.1 > 1 << 20);
    t.obs("uses", acct.get("o").uses);
}
