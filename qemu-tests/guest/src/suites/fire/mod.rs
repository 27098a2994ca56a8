// SPDX-License-Identifier: GPL-2.0-only
//! Conservation under fire: packets are counted while everything else goes on.
//!
//! What all reset replies say, plus what the objects hold in the end, is what
//! was sent: packets and bytes, whoever reads and however badly.

mod readers;
mod tally;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crate::env::traffic::Udp;
use crate::harness::{cases, Depth, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::fuzz::Random;
use crate::wire::socket::LARGE;
use crate::wire::{Acct, Msg, Object, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};
use readers::Doomed;
use tally::{Tally, COUNTED};

cases![conservation];

/// Packets that each of the two senders sends in a round.
const ROUND: u64 = 500;

/// Data bytes of the senders' packets: different, so that packets and bytes are
/// two sums.
const PAYLOADS: [usize; 2] = [72, 471];

/// How long those who disturb wait after each step: the senders shall get on.
const PAUSE: Duration = Duration::from_micros(300);

/// Objects that come and go, so that those that count change their place.
const FILLERS: u64 = 150;

/// A quota in bytes that is crossed once in every round.
const LIMIT: u64 = ROUND * 100;

/// A quota in packets that is crossed all the time.
const HOT: u64 = 3;

/// A dump with reset of all but byte quotas: those are for the control.
fn reset_dump() -> Msg {
    Msg::new(CTRZERO, LIST).filter(F_BYTES, 0)
}

fn disturb(stop: &AtomicBool, mut body: impl FnMut()) {
    while !stop.load(Ordering::Relaxed) {
        body();
        thread::sleep(PAUSE);
    }
}

/// Rules of each object that counts, exactly one whatever their order is.
fn rules(r: &mut Random) -> Vec<Rule> {
    let mut names: Vec<&str> = COUNTED.to_vec();
    names.extend(["limit", "control"]);
    names.extend(std::iter::repeat_n("extra", r.below(3) as usize));
    for n in (1..names.len()).rev() {
        names.swap(n, r.below(n as u64 + 1) as usize);
    }
    let rule = |n: &&str| Rule::count(Hook::Out, 1, n);
    names.iter().map(rule).collect()
}

/// Exchanges the rules under the packets.
fn change_rules(stop: &AtomicBool, mut r: Random) {
    let tables = Tables::open(Family::V4);
    let s = Sock::open();
    disturb(stop, || {
        // The extra object is deleted now and then.
        let errno = tables.try_replace(&rules(&mut r));
        assert!(matches!(errno, 0 | libc::ENOENT), "errno {errno}");
        if r.chance(20) {
            // Its destruction waits for a grace period.
            let m = Match::nfacct(1, b"plain");
            nft::rule(&s, Family::V6, Hook::Out, &m);
            nft::delete(&s, Family::V6);
        }
    });
}

/// Creates, deletes and replaces objects beside those that count.
fn change_objects(stop: &AtomicBool, mut r: Random) {
    let acct = Acct::open();
    disturb(stop, || {
        let name = format!("filler-{}", r.below(FILLERS));
        if r.chance(50) {
            acct.del(&name);
        } else {
            let msg = Msg::new(NEW, REQUEST | CREATE | REPLACE).name(name.as_bytes());
            acct.sock.exchange(&msg);
        }
        acct.del("extra");
        acct.sock.exchange(&add_quiet("extra"));
    });
}

fn list(stop: &AtomicBool) {
    disturb(stop, || {
        let s = Sock::open();
        let reply = s.exchange_sized(Msg::new(GET, LIST).bytes(), 4096);
        assert!(reply.done(), "{}", reply.outcome());
    });
}

fn events(s: &Sock, name: &str) -> Vec<Object> {
    let mut reply = Reply::default();
    s.drain(LARGE, &mut reply);
    let mut objects = reply.objects();
    objects.retain(|o| o.name == name.as_bytes());
    objects
}

fn listener() -> Sock {
    let s = Sock::open();
    s.set(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, 64 << 20)
        .expect("SO_RCVBUFFORCE");
    s.join_quota().expect("membership");
    s
}

/// What the rounds found out about events.
#[derive(Default)]
struct Events {
    /// Rounds in which not exactly one event was sent for the crossing.
    wrong_rounds: u64,
    /// Events with a counter below the quota.
    below: u64,
    /// Events of the object that is reset all the time.
    hot: u64,
}

/// Runs the rounds; after each, the senders rest and the crossing is judged.
fn judge_rounds(rounds: u64, barrier: &Barrier) -> Events {
    let acct = Acct::open();
    let (limit, hot) = (listener(), listener());
    let mut out = Events::default();
    for _ in 0..rounds {
        barrier.wait();
        barrier.wait();
        let got = events(&limit, "limit");
        out.wrong_rounds += u64::from(got.len() != 1);
        out.below += got.iter().filter(|o| o.bytes < LIMIT).count() as u64;
        assert_eq!(acct.reset("limit").pkts, 2 * ROUND);
        let got = events(&hot, "hot");
        out.below += got.iter().filter(|o| o.pkts < HOT).count() as u64;
        out.hot += got.len() as u64;
    }
    out
}

/// The readers in the order in which they are started.
const KINDS: [&str; 5] = ["single", "dumping", "clogged", "truncating", "killed"];

fn conservation(t: &mut Test) {
    t.end_with_any_thread();
    let acct = Acct::open();
    acct.add("plain");
    acct.add_quota("far", F_PKTS, u64::MAX);
    acct.add_quota("hot", F_PKTS, HOT);
    acct.add_quota("limit", F_BYTES, LIMIT);
    acct.add_quota("control", F_BYTES, u64::MAX);
    acct.add("extra");
    let scale = t.scale();
    Tables::open(Family::V4)
        .replace(&rules(&mut scale.random("fire-first")))
        .expect("rules");
    // Before any thread: they are forked.
    let doomed: Vec<_> = (0..scale.fixed(20, 10, 40)).map(|_| Doomed::new()).collect();
    // Each of them shall live long enough to be told something, sometimes.
    let most = scale.fixed(30_000, 300_000, 30_000);
    // The mixed stack shows nothing that the other two do not.
    let short = if t.stack() == "c-rust" { 200 } else { 1000 };
    let rounds = scale.of(short, 10, 10_000);
    let (stop, barrier) = (AtomicBool::new(false), Barrier::new(3));
    let random = |purpose| scale.random(purpose);
    let (mut tally, found) = thread::scope(|scope| {
        for payload in PAYLOADS {
            let barrier = &barrier;
            scope.spawn(move || {
                let udp = Udp::v4();
                for _ in 0..rounds {
                    barrier.wait();
                    udp.send(ROUND, payload);
                    barrier.wait();
                }
            });
        }
        scope.spawn(|| change_rules(&stop, random("fire-rules")));
        scope.spawn(|| change_objects(&stop, random("fire-objects")));
        scope.spawn(|| list(&stop));
        let resets = [
            scope.spawn(|| readers::single(&stop)),
            scope.spawn(|| readers::dumps(&stop, random("fire-dumps"))),
            scope.spawn(|| readers::clogged(&stop)),
            scope.spawn(|| readers::truncating(&stop)),
            scope.spawn(|| readers::killed(&stop, doomed, most, random("fire-kill"))),
        ];
        let found = judge_rounds(rounds, &barrier);
        stop.store(true, Ordering::Relaxed);
        let mut tally = Tally::default();
        for (kind, reset) in KINDS.iter().zip(resets) {
            let one = reset.join().expect("reader");
            t.note(format!("{kind} reader: {} replies with counts", one.replies));
            assert!(one.replies > 0, "the {kind} reader has seen nothing");
            tally.add(&one);
        }
        (tally, found)
    });
    let sent = 2 * ROUND * rounds;
    let bytes: u64 = PAYLOADS.iter().map(|p| ROUND * rounds * (*p as u64 + 28)).sum();
    assert_eq!(acct.counts("control"), (sent, bytes));
    t.note(format!("{sent} packets, {} replies with counts", tally.replies));
    tally.objects(&acct.list());
    let mut conserved = true;
    for (name, (pkts, octets)) in tally.sums() {
        let lost = (sent.wrapping_sub(pkts), bytes.wrapping_sub(octets));
        t.note(format!("{name}: {lost:?} packets and bytes missing"));
        conserved &= lost == (0, 0);
    }
    t.obs("true-counts", if conserved { "yes" } else { "no" });
    assert!(conserved || t.stack() == "c-c", "packets or bytes are lost");
    Tables::open(Family::V4).replace(&[]).expect("no rules");
    acct.flush();
    let (events, crossings) = (found.hot, tally.crossings);
    t.note(format!("{events} events of the hot object, {crossings} crossings, {} events below a quota", found.below));
    t.obs("rounds-without-exactly-one-event", found.wrong_rounds);
    assert_eq!(found.wrong_rounds, 0);
    assert!(found.hot > rounds, "the hot object was not hot");
    // C's events may be false, and with so many packets some surely are.
    if scale.depth != Depth::Debug {
        t.obs("true-events", if found.below == 0 { "yes" } else { "no" });
    }
    assert!(found.below == 0 || t.stack() == "c-c", "events below the quota");
    // Each period between two resets has its event if the second one took the quota. If it
    // took less, there is one only if packets came between its reading and its end.
    let (least, most) = (crossings, crossings + crossings / 10 + 10);
    let each = (least..=most).contains(&events);
    assert!(each || t.stack() == "c-c", "not one event for each crossing");
}
