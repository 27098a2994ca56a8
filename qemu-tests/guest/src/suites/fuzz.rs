// SPDX-License-Identifier: GPL-2.0-only
//! Differential fuzzing: the same seeded requests, one hash of all answers.

use crate::env::modules;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::fuzz::{datagram, Random};
use crate::wire::{fnv, hex, Acct, Msg, Reply, Sock, FNV_START};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{Family, Hook, Match, Rule, Verdict};

cases![seed_1, seed_2, rules];

/// Sends of one test. Fixed: the hashes of different runs are compared.
const SENDS: u64 = 25_000;

/// Sends between two observations.
const BLOCK: u64 = 1000;

/// Variable that names the block whose requests and answers are shown.
const SHOW: &str = "FUZZ_SHOW";

/// Hash of an answer: errors, the length of each datagram, every byte.
fn absorb(hash: u64, reply: &Reply) -> u64 {
    let mut hash = fnv(hash, &reply.send.to_ne_bytes());
    for part in &reply.parts {
        hash = fnv(hash, &part.len().to_ne_bytes());
        hash = fnv(hash, part);
    }
    reply
        .recv
        .iter()
        .fold(hash, |hash, e| fnv(hash, &e.to_ne_bytes()))
}

/// Objects that rules hold, so that deletes meet busy ones.
fn scene(acct: &Acct) {
    acct.add("used0");
    acct.add_quota("used1", F_PKTS, 40);
    acct.add_quota("used2", F_BYTES, 4000);
    count_output(&["used0", "used1", "used2"]);
}

fn run(t: &mut Test, seed: u64) {
    let acct = Acct::open();
    scene(&acct);
    // Unknown subsystems would start a modprobe process for every message.
    modules::no_autoload();
    let events = Sock::open();
    events.join_quota().expect("membership");
    let udp = Udp::v4();
    let shown = std::env::var(SHOW).ok().and_then(|s| s.parse().ok());
    let mut random = Random::new(seed);
    let mut hash = FNV_START;
    for n in 0..SENDS {
        if random.chance(2) {
            udp.send(1 + random.below(30), 72);
            let mut reply = Reply::default();
            events.drain(4096, &mut reply);
            hash = absorb(hash, &reply);
        }
        let bytes = datagram(&mut random);
        let reply = acct.sock.exchange_sized(&bytes, 65536);
        hash = absorb(hash, &reply);
        if shown == Some(n / BLOCK) {
            t.note(format!("{n} {} -> {reply}", hex(&bytes)));
        }
        if n % BLOCK == BLOCK - 1 {
            t.obs(format!("block-{}", n / BLOCK), format!("{hash:016x}"));
        }
    }
    let table = t.exchange("table", &acct.sock, &Msg::new(GET, LIST));
    assert!(table.objects().iter().any(|o| o.name == b"used1"));
}

fn seed_1(t: &mut Test) {
    run(t, 1);
}

fn seed_2(t: &mut Test) {
    run(t, 0x6e66_6163_6374);
}

/// A rule with a right or wrong revision, size and name.
fn any_rule(r: &mut Random) -> Rule {
    let mut name = match r.below(8) {
        0 => vec![r.next() as u8; 32],
        1 => (0..32).map(|_| r.next() as u8).collect(),
        2 => b"used0\0used1".to_vec(),
        3 => b"nobody".to_vec(),
        n => format!("used{}", n % 3).into_bytes(),
    };
    name.resize(32, 0);
    let mut m = Match::nfacct(u8::from(r.chance(50)), &name);
    if r.chance(5) {
        m.revision = r.next() as u8;
    }
    if r.chance(5) {
        m.data.resize(8 * r.below(9) as usize, 0xa5);
    }
    Rule {
        hook: r.pick(&[Hook::In, Hook::Out]),
        matches: vec![m],
        verdict: Verdict::Continue,
    }
}

/// Random tables of one to three rules: each error number, and after each the
/// counts and references of all objects.
fn rules(t: &mut Test) {
    let acct = Acct::open();
    scene(&acct);
    let udp = Udp::v4();
    let mut random = Random::new(0x7275_6c65);
    let mut hash = FNV_START;
    let mut loaded = 0;
    for n in 0..500 {
        let rules: Vec<_> = (0..=random.below(3)).map(|_| any_rule(&mut random)).collect();
        let family = random.pick(&[Family::V4, Family::V6]);
        let errno = Tables::open(family).try_replace(&rules);
        loaded += u32::from(errno == 0);
        udp.send(1, 72);
        hash = fnv(hash, &errno.to_ne_bytes());
        hash = absorb(hash, &acct.sock.exchange(&Msg::new(GET, LIST)));
        if n % 100 == 99 {
            t.obs(format!("block-{}", n / 100), format!("{hash:016x}"));
        }
    }
    t.obs("loaded", loaded);
    assert!((50..450).contains(&loaded), "{loaded} tables were right");
}
