// SPDX-License-Identifier: GPL-2.0-only
//! Dumps while the table changes between their parts.
//!
//! Every object that existed throughout must be reported exactly once.

use std::collections::HashMap;

use super::dump::{fill, finish, names, start, EACH, SMALL};
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::fuzz::Random;
use crate::wire::{Acct, Msg, Object, Reply, Sock};

cases![
    added_between_parts,
    deleted_behind_the_cursor,
    deleted_ahead_of_the_cursor,
    cursor_deleted,
    cursor_replaced,
    random_changes,
    random_changes_reset,
    flushed_between_parts,
];

/// How many of `all` the dump left out, and how many it reported twice.
fn gaps(all: &[String], reply: &Reply) -> (u64, u64) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for name in names(reply) {
        *seen.entry(name).or_default() += 1;
    }
    let times = |name| seen.get(name).copied().unwrap_or(0);
    let missing = all.iter().filter(|n| times(*n) == 0).count() as u64;
    let twice = all.iter().filter(|n| times(*n) > 1).count() as u64;
    (missing, twice)
}

fn judge(t: &mut Test, all: &[String], reply: &Reply) {
    let (missing, twice) = gaps(all, reply);
    t.losses("missing", &[missing]);
    t.losses("twice", &[twice]);
}

fn added_between_parts(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    let (s, first) = start();
    acct.add("late");
    let reply = finish(&s, first);
    judge(t, &all, &reply);
    t.obs("digest", reply.digest());
}

/// Objects that the reader has seen may go without harm.
fn deleted_behind_the_cursor(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    let (s, first) = start();
    for name in &all[..20] {
        assert_eq!(acct.del(name), 0);
    }
    let reply = finish(&s, first);
    judge(t, &all[20..], &reply);
    t.obs("digest", reply.digest());
}

fn deleted_ahead_of_the_cursor(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    let (s, first) = start();
    for name in &all[300..] {
        assert_eq!(acct.del(name), 0);
    }
    let reply = finish(&s, first);
    judge(t, &all[..300], &reply);
    t.obs("digest", reply.digest());
}

/// The object at which the next part would begin is deleted.
fn cursor_deleted(t: &mut Test) {
    let acct = Acct::open();
    let mut all = fill(&acct, 2000);
    let (s, first) = start();
    let gone: Vec<_> = all.drain(60..360).collect();
    for name in &gone {
        assert_eq!(acct.del(name), 0);
    }
    let reply = finish(&s, first);
    judge(t, &all, &reply);
}

/// The same, and all that was deleted is created again at once.
fn cursor_replaced(t: &mut Test) {
    let acct = Acct::open();
    let mut all = fill(&acct, 2000);
    let (s, first) = start();
    let gone: Vec<_> = all.drain(60..360).collect();
    for name in &gone {
        assert_eq!(acct.del(name), 0);
        acct.add(name);
    }
    let reply = finish(&s, first);
    judge(t, &all, &reply);
}

/// What a dump brings when objects are deleted, created and created again at
/// every part boundary. `judge` gets the objects that nobody touched.
fn under_changes(kind: u16, mut judge: impl FnMut(&Acct, &[String], &Reply)) {
    let acct = Acct::open();
    let mut random = Random::new(0x6475_6d70);
    for _ in 0..12 {
        acct.flush();
        let all = fill(&acct, 400);
        let (touched, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|_| random.chance(50));
        let s = Sock::open();
        // No reading ahead: each receive makes just the next part.
        s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1)
            .expect("SO_RCVBUF");
        s.send(Msg::new(kind, LIST).bytes()).expect("send");
        let mut reply = Reply::default();
        while let Ok(part) = s.recv(SMALL) {
            reply.parts.push(part.bytes);
            for _ in 0..random.below(40) {
                let name = &touched[random.below(touched.len() as u64) as usize];
                acct.del(name);
                if random.chance(40) {
                    acct.add(name);
                }
            }
        }
        assert!(reply.done(), "{}", reply.outcome());
        judge(&acct, &kept, &reply);
    }
}

/// Objects that nobody touches must be there exactly once.
fn random_changes(t: &mut Test) {
    let (mut missing, mut twice) = (0, 0);
    under_changes(GET, |_, kept, reply| {
        let (lost, doubled) = gaps(kept, reply);
        missing += lost;
        twice += doubled;
    });
    t.losses("missing", &[missing]);
    t.losses("twice", &[twice]);
}

/// The same with resets: what is not reported must still be there.
fn random_changes_reset(t: &mut Test) {
    let mut lost = 0;
    under_changes(CTRZERO, |acct, kept, reply| {
        let keeps = |o: &&Object| kept.iter().any(|n| n.as_bytes() == o.name);
        let sum = |list: &[Object]| list.iter().filter(keeps).map(|o| o.pkts).sum::<u64>();
        lost += EACH * kept.len() as u64 - sum(&reply.objects()) - sum(&acct.list());
    });
    t.losses("lost", &[lost]);
}

/// Everything is deleted: what was queued comes, then the end.
fn flushed_between_parts(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, 1000);
    let (s, first) = start();
    acct.flush();
    let reply = finish(&s, first);
    t.obs("digest", reply.digest());
}
