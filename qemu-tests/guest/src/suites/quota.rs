// SPDX-License-Identifier: GPL-2.0-only
//! Quotas: the match is true only above, the event comes once, at the limit.

use std::time::Duration;

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Match, Rule, Verdict};

cases![
    packets_boundary,
    bytes_boundary,
    limits_at_the_edges,
    preset_above,
    preset_just_below,
    event_bytes,
    event_only_once,
    rearmed_by_single_reset,
    rearmed_by_dump_reset,
    rearmed_by_filtered_reset,
    rearmed_by_replace,
    not_rearmed_by_reading,
    two_rules_one_object,
    drop_from_the_limit_on,
    nobody_listens,
    many_listeners,
    listener_with_full_queue,
    event_stays_in_its_namespace,
    plain_object_always_matches,
];

/// A namespace with one quota object, rules and a listener.
struct Scene {
    acct: Acct,
    events: Sock,
    udp: Udp,
}

/// Payload that makes a packet of 100 bytes.
const PAYLOAD: usize = 72;

impl Scene {
    /// `q` is asked first; `hit` counts the packets for which `q` matched.
    fn new(add: impl FnOnce(&Acct)) -> Self {
        let acct = Acct::open();
        add(&acct);
        acct.add("hit");
        let rule = Rule {
            hook: Hook::Out,
            matches: vec![Match::nfacct(1, b"q"), Match::nfacct(0, b"hit")],
            verdict: Verdict::Continue,
        };
        Tables::open(Family::V4).replace(&[rule]).expect("rule");
        let events = Sock::open();
        events.join_quota().expect("membership");
        Self {
            acct,
            events,
            udp: Udp::v4(),
        }
    }

    fn quota(flags: u32, quota: u64) -> Self {
        Self::new(|acct| acct.add_quota("q", flags, quota))
    }

    /// Takes the events that have come; the kernel sends them before the
    /// datagram's system call returns.
    fn events(&self) -> Reply {
        let mut reply = Reply::default();
        self.events.drain(4096, &mut reply);
        reply
    }

    /// Sends one packet at a time; each step as `pkts/flags/hits/events`.
    fn trace(&self, packets: usize) -> String {
        let steps: Vec<_> = (0..packets)
            .map(|_| {
                self.udp.send(1, PAYLOAD);
                let q = self.acct.get("q");
                let hits = self.acct.counts("hit").0;
                let events = self.events().parts.len();
                let flags = q.flags.map_or("-".into(), |f| f.to_string());
                format!("{}/{}/{flags}/{hits}/{events}", q.pkts, q.bytes)
            })
            .collect();
        steps.join(" ")
    }
}

fn packets_boundary(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 3);
    let trace = scene.trace(5);
    t.obs("trace", &trace);
    // The event at the third packet, the match from the fourth on.
    assert_eq!(
        trace,
        "1/100/1/0/0 2/200/1/0/0 3/300/5/0/1 4/400/5/1/0 5/500/5/2/0"
    );
}

fn bytes_boundary(t: &mut Test) {
    for (step, quota, want) in [
        ("exact", 300, "1/100/2/0/0 2/200/2/0/0 3/300/6/0/1 4/400/6/1/0"),
        ("below", 299, "1/100/2/0/0 2/200/2/0/0 3/300/6/1/1 4/400/6/2/0"),
        ("above", 301, "1/100/2/0/0 2/200/2/0/0 3/300/2/0/0 4/400/6/1/1"),
    ] {
        let scene = Scene::quota(F_BYTES, quota);
        let trace = scene.trace(4);
        t.obs(step, &trace);
        assert_eq!(trace, want, "{step}");
        crate::env::netns::fresh();
    }
}

fn limits_at_the_edges(t: &mut Test) {
    for (step, flags, quota, pkts, bytes) in [
        ("zero", F_PKTS, 0, 0, 0),
        ("zero-bytes", F_BYTES, 0, 0, 0),
        ("one", F_PKTS, 1, 0, 0),
        ("max", F_PKTS, u64::MAX, 0, 0),
        ("max-reached", F_PKTS, u64::MAX, u64::MAX - 2, 0),
        ("max-bytes", F_BYTES, u64::MAX, 0, u64::MAX - 200),
        ("half", F_PKTS, 1 << 63, (1 << 63) - 2, 0),
        ("half-bytes", F_BYTES, 1 << 63, 0, (1 << 63) - 150),
        ("u32", F_PKTS, 1 << 32, (1 << 32) - 2, 0),
    ] {
        let scene = Scene::new(|acct| acct.add_quota_at("q", flags, quota, pkts, bytes));
        t.obs(step, scene.trace(4));
        crate::env::netns::fresh();
    }
}

/// An object created above its quota: the first packet brings the event.
fn preset_above(t: &mut Test) {
    let scene = Scene::new(|acct| acct.add_quota_at("q", F_PKTS, 3, 10, 0));
    assert_eq!(scene.acct.get("q").flags, Some(F_PKTS));
    let trace = scene.trace(3);
    t.obs("trace", &trace);
    assert_eq!(trace, "11/100/5/1/1 12/200/5/2/0 13/300/5/3/0");
}

fn preset_just_below(t: &mut Test) {
    let scene = Scene::new(|acct| acct.add_quota_at("q", F_BYTES, 1000, 0, 900));
    let trace = scene.trace(2);
    t.obs("trace", &trace);
    assert_eq!(trace, "1/1000/6/0/1 2/1100/6/1/0");
}

/// The message itself: type, flags, sequence number, every attribute.
fn event_bytes(t: &mut Test) {
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

fn event_only_once(t: &mut Test) {
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
        let msg = Msg::new(CTRZERO, REQUEST | DUMP);
        assert_eq!(scene.acct.sock.exchange(&msg).objects().len(), 2);
    });
}

fn rearmed_by_filtered_reset(t: &mut Test) {
    rounds(t, |scene| {
        let msg = Msg::new(CTRZERO, REQUEST | DUMP).filter(F_OVER, F_OVER);
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
    let reset_others = Msg::new(CTRZERO, REQUEST | DUMP).filter(3, 0);
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

/// A blocker: quota 1000, 1500 sent, 500 refused with EPERM.
fn drop_from_the_limit_on(t: &mut Test) {
    let scene = Scene::quota(F_PKTS, 1000);
    let rule = Rule {
        hook: Hook::Out,
        matches: vec![Match::nfacct(1, b"q")],
        verdict: Verdict::Drop,
    };
    Tables::open(Family::V4).replace(&[rule]).expect("rule");
    let mut refused = 0;
    let mut received = 0;
    for n in 0..1500 {
        match scene.udp.try_send(PAYLOAD) {
            Ok(()) => assert!(n < 1000, "packet {n} passed"),
            Err(e) => {
                assert_eq!(e.raw_os_error(), Some(libc::EPERM));
                refused += 1;
            }
        }
        received += scene.udp.received();
    }
    assert_eq!((refused, received), (500, 1000));
    assert_eq!(scene.acct.counts("q").0, 1500);
    t.obs("refused", refused);
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

fn event_stays_in_its_namespace(t: &mut Test) {
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

fn plain_object_always_matches(t: &mut Test) {
    let scene = Scene::new(|acct| acct.add("q"));
    let trace = scene.trace(2);
    t.obs("trace", &trace);
    assert_eq!(trace, "1/100/-/1/0 2/200/-/2/0");
}
