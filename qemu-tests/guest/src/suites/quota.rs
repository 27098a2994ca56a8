// SPDX-License-Identifier: GPL-2.0-only
//! Quotas: the match is true only above the limit, the event comes at it.

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{Family, Hook, Match, Rule, Verdict};

cases![
    packets_boundary,
    bytes_boundary,
    limits_at_the_edges,
    preset_above,
    preset_just_below,
    drop_from_the_limit_on,
    plain_object_always_matches,
];

/// A namespace with one quota object, rules and a listener.
pub(super) struct Scene {
    pub(super) acct: Acct,
    pub(super) events: Sock,
    pub(super) udp: Udp,
}

/// Payload that makes a packet of 100 bytes.
pub(super) const PAYLOAD: usize = 72;

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

    pub(super) fn quota(flags: u32, quota: u64) -> Self {
        Self::new(|acct| acct.add_quota("q", flags, quota))
    }

    /// Takes the events that have come; the kernel sends them before the
    /// datagram's system call returns.
    pub(super) fn events(&self) -> Reply {
        let mut reply = Reply::default();
        self.events.drain(4096, &mut reply);
        reply
    }

    /// Sends one packet at a time; each step as `pkts/flags/hits/events`.
    pub(super) fn trace(&self, packets: usize) -> String {
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

fn plain_object_always_matches(t: &mut Test) {
    let scene = Scene::new(|acct| acct.add("q"));
    let trace = scene.trace(2);
    t.obs("trace", &trace);
    assert_eq!(trace, "1/100/-/1/0 2/200/-/2/0");
}
