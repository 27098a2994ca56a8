// SPDX-License-Identifier: GPL-2.0-only
//! Random histories of requests, rules and packets, held against a small model
//! of the table. A history that fails is made short before it is shown.

use crate::env::modules;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::reference::history::{random, shrink};
use crate::reference::table::Mistake;
use crate::reference::{Seen, Step, Table, NAMES};
use crate::wire::consts::*;
use crate::wire::socket::LARGE;
use crate::wire::{Acct, Msg, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    histories,
    finds_a_bit_that_is_kept,
    finds_a_late_event,
    finds_a_flush_too_many,
];

/// The kernel, seen as something to which steps are done.
struct Kernel {
    acct: Acct,
    events: Sock,
    legacy: Tables,
    udp: [Udp; 2],
}

impl Kernel {
    fn new() -> Self {
        if !modules::built_in() {
            modules::load(&["xt_nfacct", "nft_compat"]);
        }
        let events = Sock::open();
        events.join_quota().expect("membership");
        let kernel = Self {
            acct: Acct::open(),
            events,
            legacy: Tables::open(Family::V4),
            udp: [Udp::v4(), Udp::v6()],
        };
        kernel.clear();
        kernel
    }

    fn clear(&self) {
        self.legacy.replace(&[]).expect("no rules");
        self.no_nft();
        self.acct.flush();
    }

    /// Removes nft rules, which are destroyed some time later.
    fn no_nft(&self) {
        if nft::delete(&self.acct.sock, Family::V6).errno() == Some(0) {
            // What the other family's rules do not refer to is free then.
            let entries = self.legacy.entries().expect("entries");
            let data = crate::xt::blob::match_data(Family::V4, &entries, "nfacct");
            for object in self.acct.list() {
                let name = |d: &&Vec<u8>| d.split(|b| *b == 0).next() == Some(&object.name);
                let uses = 1 + data.iter().filter(name).count();
                let text = String::from_utf8_lossy(&object.name);
                self.acct.settle(&text, uses as u32);
            }
        }
    }

    fn request(&self, msg: &Msg) -> Seen {
        let reply = self.acct.sock.exchange(msg);
        Seen {
            errno: reply.errno(),
            objects: reply.objects(),
            events: self.events(),
        }
    }

    fn events(&self) -> Vec<crate::wire::Object> {
        let mut reply = Reply::default();
        self.events.drain(LARGE, &mut reply);
        reply.objects()
    }

    fn rules(&self, v6: bool, names: &[u8]) -> i32 {
        let text = |n: &u8| NAMES[usize::from(*n)];
        if !v6 {
            let rules: Vec<_> = names
                .iter()
                .map(|n| Rule::count(Hook::Out, n % 2, text(n)))
                .collect();
            return self.legacy.try_replace(&rules);
        }
        let there = names.iter().all(|n| self.acct.find(text(n)).is_some());
        if !there {
            return libc::ENOENT;
        }
        self.no_nft();
        if names.is_empty() {
            return 0;
        }
        let matches: Vec<_> = names
            .iter()
            .map(|n| Match::nfacct(n % 2, text(n).as_bytes()))
            .collect();
        let reply = nft::rules(&self.acct.sock, Family::V6, Hook::Out, &matches);
        reply.errno().unwrap_or(0)
    }

    fn apply(&self, step: &Step) -> Seen {
        match step {
            Step::New {
                name,
                flags,
                kind,
                quota,
                start,
            } => {
                let mut msg = named(NEW, REQUEST | ACK | flags, *name).counters(start.0, start.1);
                if let Some(kind) = kind {
                    msg = msg.be32(FLAGS, *kind);
                }
                if let Some(quota) = quota {
                    msg = msg.be64(QUOTA, *quota);
                }
                self.request(&msg)
            }
            Step::Get { name, reset } => self.request(&named(read(*reset), ASK, *name)),
            Step::Del { name } => self.request(&named(DEL, ASK, *name)),
            Step::Flush => self.request(&Msg::new(DEL, ASK)),
            Step::List { reset, filter } => {
                let msg = Msg::new(read(*reset), LIST);
                self.request(&match filter {
                    Some((mask, value)) => msg.filter(*mask, *value),
                    None => msg,
                })
            }
            Step::Rules { v6, names } => Seen {
                events: self.events(),
                ..Seen::errno(self.rules(*v6, names))
            },
            Step::Send { v6, count, len } => {
                let udp = &self.udp[usize::from(*v6)];
                udp.send(*count, (len - udp.packet(0)) as usize);
                Seen {
                    events: self.events(),
                    ..Seen::default()
                }
            }
        }
    }

    /// Runs a history from an empty table; the first step that is not as the
    /// model says, with what it should have brought and what it did.
    fn judge(&self, steps: &[Step], mistake: Option<Mistake>) -> Option<(usize, Seen, Seen)> {
        self.clear();
        let mut table = Table::new(mistake);
        let look = Step::List {
            reset: false,
            filter: None,
        };
        for (n, step) in steps.iter().chain([&look]).enumerate() {
            let (want, got) = (table.apply(step), self.apply(step));
            if want != got {
                return Some((n, want, got));
            }
        }
        None
    }
}

fn named(kind: u16, flags: u16, name: u8) -> Msg {
    Msg::named(kind, flags, NAMES[usize::from(name)])
}

const fn read(reset: bool) -> u16 {
    if reset {
        CTRZERO
    } else {
        GET
    }
}

fn histories(t: &mut Test) {
    let kernel = Kernel::new();
    let mut r = t.scale().random("model");
    let count = t.scale().of(1000, 40, 20_000);
    let mut steps_in_all = 0;
    for number in 0..count {
        let steps = random(&mut r);
        steps_in_all += steps.len();
        if kernel.judge(&steps, None).is_none() {
            continue;
        }
        let short = shrink(steps, |s| kernel.judge(s, None).is_some());
        let (at, want, got) = kernel.judge(&short, None).expect("fails as before");
        panic!("history {number}, {short:#?}\nstep {at}: expected {want:?}\ngot {got:?}");
    }
    t.note(format!("{count} histories, {steps_in_all} steps"));
    t.obs("histories", count);
}

/// Histories of a model with a mistake until one fails, made short.
fn finds(t: &mut Test, mistake: Mistake, most: usize) {
    let kernel = Kernel::new();
    let mut r = t.scale().random("mistake");
    let wrong = |s: &[Step]| kernel.judge(s, Some(mistake)).is_some();
    let found = (0..300).find_map(|_| Some(random(&mut r)).filter(|s| wrong(s)));
    let steps = found.expect("the mistake shows");
    let short = shrink(steps, wrong);
    t.note(format!("{short:?}"));
    assert!(short.len() <= most, "not short: {short:?}");
    t.obs("steps", short.len());
}

fn finds_a_bit_that_is_kept(t: &mut Test) {
    finds(t, Mistake::ReplaceKeepsTheBit, 8);
}

fn finds_a_late_event(t: &mut Test) {
    finds(t, Mistake::EventAboveQuota, 8);
}

fn finds_a_flush_too_many(t: &mut Test) {
    finds(t, Mistake::FlushTakesAll, 8);
}
