// SPDX-License-Identifier: GPL-2.0-only
//! The over-quota event: its bytes, who gets it, what arms it again.

use std::time::Duration;

use super::quota::{Scene, PAYLOAD};
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Msg, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Rule};

cases![
    bytes,
    only_once,
    rearmed_by_single_reset,
    rearmed_by_dump_reset,
    rearmed_by_filtered_reset,
    rearmed_by_replace,
    not_rearmed_by_reading,
    two_rules_one_object,
    nobody_listens,
    many_listeners,
    listener_with_full_queue,
    stays_in_its_namespace,
];

/// The message itself: type, flags, sequence number, every attribute.
fn bytes(t: &mut Test) {
    for (step, flags) in [("pkts", F_PKTS), ("bytes", F_BYTES)] {
        let scene = Scene::quota(flags, 2);
        scene.udp.send(3, PAYLOAD);
        let datagram = scene.events.recv(4096).expect("event");
        t.obs(step, crate::wire::hex(&datagram.bytes));
        let from = format!("{} {}", datagram.from_pid, datagram.from_groups);
        t.obs(format!("{step}-sender"), from);
        let reply = Reply {
            parts: vec![datagram.bytes],
            ..Reply::default()
        };
        let m = reply.messages()[0];
        assert_eq!((m.kind, m.flags, m.seq, m.pid), (NEW, 0, 0, 0));
        let object = &reply.objects()[0];
        assert_eq!(object.name, b"q");
        assert_eq!(object.flags, Some(flags | F_OVER));
        assert_eq!(object.uses, 2);
        crate::env::netns::fresh();
    }
}

fn only_once(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 10);
    scene.udp.send(500, PAYLOAD);
    let events = scene.events();
    t.obs("events", events.parts.len());
    assert_eq!(events.objects()[0].pkts, 10);
    assert_eq!(events.parts.len(), 1);
}

/// Three rounds of going over the quota with `rearm` after each.
fn rounds(t: &mut Test, rearm: impl Fn(&Scene)) {
    let scene = Scene::quota(F_PKTS, 2);
    for round in 0..3 {
        let trace = scene.trace(4);
        t.obs(format!("round-{round}"), &trace);
        let events = trace.split(' ').filter(|s| s.ends_with("/1")).count();
        assert_eq!(events, 1, "round {round}");
        rearm(&scene);
        let q = scene.acct.get("q");
        assert_eq!((q.pkts, q.bytes, q.flags), (0, 0, Some(F_PKTS)));
    }
}

fn rearmed_by_single_reset(t: &mut Test) {
    rounds(t, |scene| {
        assert_eq!(scene.acct.reset("q").flags, Some(F_PKTS | F_OVER));
    });
}

fn rearmed_by_dump_reset(t: &mut Test) {
    rounds(t, |scene| {
        let msg = Msg::new(CTRZERO, LIST);
        assert_eq!(scene.acct.sock.exchange(&msg).objects().len(), 2);
    });
}

fn rearmed_by_filtered_reset(t: &mut Test) {
    rounds(t, |scene| {
        let msg = Msg::new(CTRZERO, LIST).filter(F_OVER, F_OVER);
        assert_eq!(scene.acct.sock.exchange(&msg).objects().len(), 1);
    });
}

fn rearmed_by_replace(t: &mut Test) {
    rounds(t, |scene| {
        let msg = Msg::new(NEW, REQUEST | ACK | REPLACE).name(b"q");
        assert_eq!(scene.acct.sock.exchange(&msg).errno(), Some(0));
    });
}

fn not_rearmed_by_reading(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 1);
    scene.udp.send(1, PAYLOAD);
    assert_eq!(scene.events().parts.len(), 1);
    scene.acct.get("q");
    scene.acct.list();
    let reset_others = Msg::new(CTRZERO, LIST).filter(3, 0);
    scene.acct.sock.exchange(&reset_others);
    scene.udp.send(1, PAYLOAD);
    t.obs("events", scene.events().parts.len());
    assert_eq!(scene.acct.get("q").flags, Some(F_PKTS | F_OVER));
}

/// Each rule counts; the event still comes once.
fn two_rules_one_object(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 5);
    let rules = [
        Rule::count(Hook::Out, 0, "q"),
        Rule::count(Hook::Out, 1, "q"),
        Rule::count(Hook::In, 1, "q"),
    ];
    Tables::open(Family::V4).replace(&rules).expect("rules");
    scene.udp.send(4, PAYLOAD);
    let events = scene.events();
    assert_eq!(scene.acct.counts("q"), (12, 1200));
    assert_eq!(scene.acct.get("q").uses, 4);
    t.obs("event", &events);
    assert_eq!(events.objects().len(), 1);
    assert_eq!(events.objects()[0].pkts, 5);
}

/// Without a listener the bit is set all the same, and no event is kept.
fn nobody_listens(t: &mut Test) {
    let Scene { acct, events, udp } = Scene::quota(F_PKTS, 1);
    drop(events);
    udp.send(2, PAYLOAD);
    assert_eq!(acct.get("q").flags, Some(F_PKTS | F_OVER));
    let late = Sock::open();
    late.join_quota().expect("membership");
    udp.send(2, PAYLOAD);
    let came = late.wait(Duration::ZERO);
    t.obs("late", came);
    assert!(!came);
}

fn many_listeners(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 1);
    let more: Vec<_> = (0..5)
        .map(|_| {
            let s = Sock::open();
            s.join_quota().expect("membership");
            s
        })
        .collect();
    scene.udp.send(2, PAYLOAD);
    let first = scene.events();
    assert_eq!(first.parts.len(), 1);
    for s in &more {
        let mut reply = Reply::default();
        s.drain(4096, &mut reply);
        assert_eq!(reply, first);
    }
    t.obs("event", &first);
}

/// A listener that does not read gets ENOBUFS; the counting goes on.
fn listener_with_full_queue(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 1);
    scene
        .events
        .set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1)
        .expect("SO_RCVBUF");
    for _ in 0..20 {
        scene.udp.send(1, PAYLOAD);
        scene.acct.reset("q");
    }
    let events = scene.events();
    t.obs("outcome", events.outcome());
    scene.udp.send(1, PAYLOAD);
    let after = scene.events();
    t.obs("after", after.outcome());
    assert_eq!(after.objects().len(), 1);
}

fn stays_in_its_namespace(t: &mut Test) {
    let other = Sock::open();
    other.join_quota().expect("membership");
    crate::env::netns::fresh();
    let scene = Scene::quota(F_PKTS, 1);
    scene.udp.send(3, PAYLOAD);
    assert_eq!(scene.events().parts.len(), 1);
    let foreign = other.wait(Duration::ZERO);
    t.obs("foreign", foreign);
    assert!(!foreign);
}
