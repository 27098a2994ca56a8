// SPDX-License-Identifier: GPL-2.0-only
//! Over-quota events when several processors count and reset at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Object, Reply, Sock};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{Family, Hook, Match, Rule, Verdict};

cases![
    never_below_quota,
    never_below_byte_quota,
    works_after_the_race,
    once_with_two_senders,
    never_more_than_quota_pass,
];

/// Payload that makes a packet of 100 bytes.
const PAYLOAD: usize = 72;

/// In which even a busy emulator sends the events that a race wants.
const LIMIT: Duration = Duration::from_secs(300);

fn listener() -> Sock {
    let s = Sock::open();
    s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 4 << 20)
        .expect("SO_RCVBUF");
    s.join_quota().expect("membership");
    s
}

fn take(events: &Sock) -> Vec<Object> {
    let mut reply = Reply::default();
    events.drain(4096, &mut reply);
    reply.objects()
}

/// After how many events a race that has shown nothing has nothing to show.
fn enough(t: &Test) -> u64 {
    t.scale().of(150, 100, 5000)
}

/// One thread sends, one resets, this one reads `enough` events, or fewer if
/// `stop` says so.
fn race(events: &Sock, name: &str, enough: u64, mut stop: impl FnMut(&Object) -> bool) -> u64 {
    let ended = AtomicBool::new(false);
    let seen = AtomicU64::new(0);
    let mut stopped = false;
    thread::scope(|scope| {
        scope.spawn(|| {
            let udp = Udp::v4();
            while !ended.load(Ordering::Relaxed) {
                udp.send(50, PAYLOAD);
            }
        });
        scope.spawn(|| {
            let s = Sock::open();
            let msg = Msg::new(CTRZERO, REQUEST).name(name.as_bytes());
            while !ended.load(Ordering::Relaxed) {
                s.exchange(&msg);
            }
        });
        let deadline = Instant::now() + LIMIT;
        while seen.load(Ordering::Relaxed) < enough && Instant::now() < deadline {
            events.wait(Duration::from_millis(100));
            for object in take(events) {
                seen.fetch_add(1, Ordering::Relaxed);
                stopped |= stop(&object);
            }
            if stopped {
                break;
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
    let seen = seen.into_inner();
    assert!(stopped || seen >= enough, "{seen} events only");
    seen
}

fn below(t: &mut Test, flags: u32, quota: u64) {
    let acct = Acct::open();
    acct.add_quota("q", flags, quota);
    count_output(&["q"]);
    let events = listener();
    let mut worst = None;
    let seen = race(&events, "q", enough(t), |object| {
        let value = if flags == F_PKTS { object.pkts } else { object.bytes };
        if value < quota {
            worst = Some(value);
        }
        value < quota
    });
    t.note(format!("{seen} events, below the quota: {worst:?}"));
    t.obs("below", if worst.is_some() { "seen" } else { "never" });
    assert!(worst.is_none() || t.stack() == "c-c", "events below the quota");
}

/// An event that carries less than the quota is false.
fn never_below_quota(t: &mut Test) {
    below(t, F_PKTS, 3);
}

fn never_below_byte_quota(t: &mut Test) {
    below(t, F_BYTES, 300);
}

/// Whatever the race did, the next reset arms the event again.
fn works_after_the_race(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota("q", F_PKTS, 2);
    count_output(&["q"]);
    let events = listener();
    let seen = race(&events, "q", enough(t), |_| false);
    t.note(format!("{seen} events"));
    for round in 0..3 {
        acct.reset("q");
        take(&events);
        Udp::v4().send(5, PAYLOAD);
        let got = take(&events);
        let counts: Vec<_> = got.iter().map(|o| (o.pkts, o.flags)).collect();
        t.obs(round, format!("{counts:?}"));
        assert_eq!(counts, [(2, Some(F_PKTS | F_OVER))]);
    }
}

/// Two processors cross the limit at once: one event, not below the quota.
fn once_with_two_senders(t: &mut Test) {
    const ROUNDS: usize = 40;
    let acct = Acct::open();
    acct.add_quota("q", F_PKTS, 100);
    count_output(&["q"]);
    let events = listener();
    let mut counts = Vec::new();
    for _ in 0..ROUNDS {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| Udp::v4().send(100, PAYLOAD));
            }
        });
        let got = take(&events);
        assert!(got.iter().all(|o| o.pkts >= 100), "event below the quota");
        counts.push(got.len());
        assert_eq!(acct.reset("q").pkts, 200);
    }
    t.obs("events", counts.iter().sum::<usize>());
    assert_eq!(counts, [1; ROUNDS]);
}

/// A limit of N lets at most N packets through, from whatever processor.
fn never_more_than_quota_pass(t: &mut Test) {
    let acct = Acct::open();
    for round in 0..20 {
        let name = format!("q{round}");
        acct.add_quota(&name, F_PKTS, 150);
        let rule = Rule {
            hook: Hook::Out,
            matches: vec![Match::nfacct(1, name.as_bytes())],
            verdict: Verdict::Drop,
        };
        Tables::open(Family::V4).replace(&[rule]).expect("rule");
        let passed = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let udp = Udp::v4();
                    let good = (0..100).filter(|_| udp.try_send(PAYLOAD).is_ok());
                    passed.fetch_add(good.count() as u64, Ordering::Relaxed);
                });
            }
        });
        let passed = passed.into_inner();
        assert!(passed <= 150, "{passed} packets passed");
        assert_eq!(acct.counts(&name).0, 200);
    }
    t.obs("rounds", 20);
}
