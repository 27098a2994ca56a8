// SPDX-License-Identifier: GPL-2.0-only
//! Differential fuzzing: the same seeded requests, one hash of all answers.
//!
//! A block whose hashes differ between the stacks is run again with `--block N`:
//! then each answer is compared, and the first that differs is the send to look
//! at. `--block N --reduce SEND` finds out which earlier sends it depends on:
//! those without which the stacks agree.
//!
//! The generator stays away from what differs on purpose (deviations.toml): no
//! extended acknowledgement is asked for, as only ours has a text; there are so
//! few names that a dump fits into one part, as C loses counts at boundaries;
//! and nothing runs beside a request, as C's events may then be false.

use crate::env::modules;
use crate::env::traffic::Udp;
use crate::harness::{cases, Scale, Test};
use crate::wire::consts::*;
use crate::wire::fuzz::{datagram, Random};
use crate::wire::socket::LARGE;
use crate::wire::{fnv, hex, Acct, Msg, Reply, Sock, FNV_START};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{nft, Family, Hook, Match, Rule, Verdict};

cases![first_seed, second_seed, legacy_rules, nft_rules];

/// Sends of a block. Each block is a run of its own, from an empty table.
const BLOCK: u64 = 1000;

/// Port id of the sender, the same for each block.
const PORT: u32 = 0x6675_7a7a;

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

/// What every block of a test shares.
struct Ground {
    scale: Scale,
    purpose: &'static str,
    tables: Tables,
    events: Sock,
    udp: Udp,
}

impl Ground {
    fn new(t: &Test, purpose: &'static str) -> Self {
        let events = Sock::open();
        events.join_quota().expect("membership");
        // All modules are loaded by this.
        scene(&Acct::open());
        // Unknown subsystems would start a modprobe process for every message.
        modules::no_autoload();
        Self {
            scale: t.scale(),
            purpose,
            tables: Tables::open(Family::V4),
            events,
            udp: Udp::v4(),
        }
    }

    /// Runs a block up to `end`; `each` gets each send's number, its bytes and
    /// its answer. Sends for which `wanted` is false are made up but not sent.
    fn block(
        &self,
        block: u64,
        end: u64,
        wanted: impl Fn(u64) -> bool,
        mut each: impl FnMut(u64, &[u8], &Reply),
    ) {
        self.tables.replace(&[]).expect("no rules");
        let sock = Sock::try_open(PORT).expect("netlink socket");
        let acct = Acct { sock };
        acct.flush();
        scene(&acct);
        let mut random = self.scale.random(&format!("{}-{block}", self.purpose));
        for n in 0..end {
            let packets = if random.chance(2) { 1 + random.below(30) } else { 0 };
            let bytes = datagram(&mut random);
            if !wanted(n) {
                continue;
            }
            let mut reply = Reply::default();
            if packets > 0 {
                self.udp.send(packets, 72);
                self.events.drain(LARGE, &mut reply);
            }
            let answer = acct.sock.exchange_sized(&bytes, LARGE);
            reply.send = answer.send;
            reply.parts.extend(answer.parts);
            reply.recv.extend(answer.recv);
            each(n, &bytes, &reply);
        }
        let list = Msg::new(GET, LIST);
        each(end, list.bytes(), &acct.sock.exchange(&list));
    }

    /// The whole campaign: one hash for each block.
    fn hashes(&self, t: &mut Test, blocks: u64) {
        for block in 0..blocks {
            let mut hash = FNV_START;
            self.block(block, BLOCK, |_| true, |_, _, reply| hash = absorb(hash, reply));
            t.obs(format!("block-{block}"), format!("{hash:016x}"));
        }
    }

    /// One block, with all its answers.
    fn show(&self, t: &mut Test, block: u64) {
        self.block(block, BLOCK, |_| true, |n, bytes, reply| {
            t.obs(format!("send-{n:04}"), format!("{} -> {reply}", hex(bytes)));
        });
    }

    /// The answer to send `last`, once without each of those before it.
    fn reduce(&self, t: &mut Test, block: u64, last: u64) {
        for left_out in 0..last {
            self.block(block, last + 1, |n| n != left_out, |n, _, reply| {
                if n == last {
                    t.obs(format!("without-{left_out:04}"), reply);
                }
            });
        }
    }
}

fn run(t: &mut Test, purpose: &'static str) {
    let ground = Ground::new(t, purpose);
    let scale = t.scale();
    match (scale.block, scale.reduce) {
        (Some(block), Some(last)) => ground.reduce(t, block, last),
        (Some(block), None) => ground.show(t, block),
        (None, _) => ground.hashes(t, scale.of(1000, 25, 5000)),
    }
}

fn first_seed(t: &mut Test) {
    run(t, "first");
}

fn second_seed(t: &mut Test) {
    run(t, "second");
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

/// One to three rules, as they come.
fn some_rules(r: &mut Random) -> Vec<Rule> {
    (0..=r.below(3)).map(|_| any_rule(r)).collect()
}

/// Loads random tables with `load`, which says whether it was accepted; hashes
/// its answer and what `state` tells about all objects after one packet.
fn any_rules(
    t: &mut Test,
    purpose: &str,
    rounds: u64,
    load: impl Fn(&Acct, Family, Vec<Rule>) -> (bool, u64),
    state: impl Fn(&Acct) -> u64,
) {
    if !modules::built_in() {
        modules::load(&["xt_nfacct", "nft_compat", "iptable_filter", "ip6table_filter"]);
    }
    // Unknown revisions would start a modprobe process for every rule.
    modules::no_autoload();
    let acct = Acct::open();
    scene(&acct);
    let udp = Udp::v4();
    let mut random = t.scale().random(purpose);
    let mut hash = FNV_START;
    let mut loaded = 0;
    for n in 1..=rounds {
        let rules = some_rules(&mut random);
        let family = random.pick(&[Family::V4, Family::V6]);
        let (good, answer) = load(&acct, family, rules);
        loaded += u64::from(good);
        udp.send(1, 72);
        for value in [answer, state(&acct)] {
            hash = fnv(hash, &value.to_ne_bytes());
        }
        if n % 100 == 0 {
            t.obs(format!("block-{}", n / 100), format!("{hash:016x}"));
        }
    }
    t.obs("loaded", loaded);
    let likely = rounds / 10..rounds * 9 / 10;
    assert!(likely.contains(&loaded), "{loaded} of {rounds} tables were right");
}

/// Through the socket option: the error number, and every byte of the objects.
fn legacy_rules(t: &mut Test) {
    let load = |_: &Acct, family, rules: Vec<Rule>| {
        let errno = Tables::open(family).try_replace(&rules);
        (errno == 0, u64::from(errno.unsigned_abs()))
    };
    let list = Msg::new(GET, LIST);
    let rounds = t.scale().of(1000, 100, 5000);
    any_rules(t, "legacy-rules", rounds, load, |acct| {
        absorb(FNV_START, &acct.sock.exchange(&list))
    });
}

/// Through `nft_compat`, which destroys rules in a workqueue: references are
/// left out, for they change at any time.
fn nft_rules(t: &mut Test) {
    let load = |acct: &Acct, family, rules: Vec<Rule>| {
        nft::delete(&acct.sock, family);
        let matches: Vec<_> = rules.into_iter().flat_map(|r| r.matches).collect();
        let reply = nft::rules(&acct.sock, family, Hook::Out, &matches);
        (reply.outcome() == "-", absorb(FNV_START, &reply))
    };
    let rounds = t.scale().of(200, 100, 1000);
    any_rules(t, "nft-rules", rounds, load, |acct| {
        acct.list().iter().fold(FNV_START, |hash, o| {
            let hash = fnv(fnv(hash, &o.name), &o.pkts.to_ne_bytes());
            fnv(hash, &o.bytes.to_ne_bytes())
        })
    });
}
