// SPDX-License-Identifier: GPL-2.0-only
//! Dumps: parts, order, what goes on beside them.

use crate::harness::{cases, Test};
use crate::wire::acct::{add_msg, add_quiet};
use crate::wire::consts::*;
use crate::wire::{messages, Acct, Msg, Object, Reply, Sock};

cases![
    empty,
    one,
    parts,
    every_name_length,
    busy_socket,
    other_requests_between_parts,
    two_sockets,
    full_queue,
    socket_closed_in_between,
];

/// Buffer of the stock clients: small enough for many parts.
pub(super) const SMALL: usize = 4096;

/// Packets that each object of [`fill`] has.
pub(super) const EACH: u64 = 7;

pub(super) fn fill(acct: &Acct, count: u32) -> Vec<String> {
    let names: Vec<_> = (0..count).map(|n| format!("name-{n:08}")).collect();
    let messages: Vec<_> = names.iter().map(|n| add_quiet(n).be64(PKTS, EACH)).collect();
    acct.add_many(&messages);
    names
}

/// Starts a dump on a fresh socket and takes its first part.
pub(super) fn start() -> (Sock, Reply) {
    let s = Sock::open();
    s.send(Msg::new(GET, LIST).bytes()).expect("send");
    let first = s.recv(SMALL).expect("first part");
    let reply = Reply {
        parts: vec![first.bytes],
        ..Reply::default()
    };
    (s, reply)
}

/// Takes the rest of a dump.
pub(super) fn finish(s: &Sock, mut reply: Reply) -> Reply {
    s.drain(SMALL, &mut reply);
    assert!(reply.done(), "{}", reply.outcome());
    let interrupted = reply.messages().iter().any(|m| m.flags & DUMP_INTR != 0);
    assert!(!interrupted, "stock clients take DUMP_INTR for an error");
    reply
}

pub(super) fn names(reply: &Reply) -> Vec<String> {
    let text = |o: Object| String::from_utf8_lossy(&o.name).into_owned();
    reply.objects().into_iter().map(text).collect()
}

fn empty(t: &mut Test) {
    let s = Sock::open();
    for kind in [GET, CTRZERO] {
        let reply = t.expect(format!("{kind:x}"), &s, &Msg::new(kind, LIST), "done");
        assert_eq!(reply.messages()[0].flags, MULTI);
    }
}

fn one(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota_at("q", F_BYTES, u64::MAX, 1, 2);
    for (step, flags) in [("dump", LIST), ("ack", LIST | ACK), ("root", REQUEST | ROOT)] {
        let msg = Msg::new(GET, flags);
        t.expect(step, &acct.sock, &msg, "object,done");
    }
}

/// Sizes around one part, and three read sizes.
fn parts(t: &mut Test) {
    let acct = Acct::open();
    let mut have = 0;
    for count in [1u32, 58, 59, 60, 61, 200, 500, 2000] {
        let new: Vec<_> = (have..count)
            .map(|n| add_quiet(&format!("o{n:06}")).counters(n.into(), 1))
            .collect();
        acct.add_many(&new);
        have = count;
        for size in [4096, 8192, 32768] {
            let s = Sock::open();
            let msg = Msg::new(GET, LIST);
            let reply = s.exchange_sized(msg.bytes(), size);
            let objects = reply.objects();
            assert!(reply.done());
            assert_eq!(objects.len(), count as usize);
            assert!((0..).zip(&objects).all(|(n, o)| o.pkts == n));
            t.obs(format!("{count}-{size}"), reply.digest());
        }
    }
}

/// Each name length gives another record size and other part boundaries.
fn every_name_length(t: &mut Test) {
    let acct = Acct::open();
    for len in 3..=31usize {
        let new: Vec<_> = (0..300)
            .map(|n| add_quiet(&format!("{n:0len$}")))
            .collect();
        acct.add_many(&new);
        let s = Sock::open();
        let reply = s.exchange_sized(Msg::new(GET, LIST).bytes(), SMALL);
        assert_eq!(reply.objects().len(), 300, "length {len}");
        t.obs(len, reply.digest());
        acct.flush();
    }
}

fn finish_with_errors(s: &Sock, mut reply: Reply) -> Reply {
    s.drain(SMALL, &mut reply);
    reply
}

/// The replies that are no objects, with how many objects came before.
fn summary(reply: &Reply) -> String {
    let mut out = Vec::new();
    let mut objects = 0;
    for m in reply.messages() {
        match m.error() {
            Some(e) => out.push(format!("{objects}:errno={e}:seq={}", m.seq)),
            None if m.kind == NLMSG_DONE => out.push(format!("{objects}:done")),
            None => objects += 1,
        }
    }
    out.join(" ")
}

/// A second dump on a socket whose first one has not ended is refused.
fn busy_socket(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    let (s, first) = start();
    s.send(Msg::new(GET, LIST).seq(77).bytes()).expect("send");
    let reply = finish_with_errors(&s, first);
    t.obs("outcome", summary(&reply));
    let objects = reply.messages().iter().filter(|m| m.kind == NEW).count();
    assert_eq!(objects, all.len());
}

/// Other requests on the same socket are answered in between.
fn other_requests_between_parts(t: &mut Test) {
    let acct = Acct::open();
    fill(&acct, 500);
    let (s, first) = start();
    let msg = Msg::new(GET, ASK).name(b"name-00000400");
    s.send(msg.seq(5).bytes()).expect("send");
    s.send(add_msg("late").seq(6).bytes()).expect("send");
    let reply = finish_with_errors(&s, first);
    t.obs("outcome", summary(&reply));
}

fn two_sockets(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    let (one, first) = start();
    let (two, second) = start();
    let second = finish(&two, second);
    let first = finish(&one, first);
    assert_eq!(names(&first), all);
    assert_eq!(names(&second), all);
    t.obs("parts", format!("{} {}", first.parts.len(), second.parts.len()));
}

/// With a tiny receive buffer the dump goes on one part at a time.
fn full_queue(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    let s = Sock::open();
    s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1).expect("SO_RCVBUF");
    let reply = s.exchange_sized(Msg::new(GET, LIST).bytes(), SMALL);
    assert_eq!(names(&reply), all);
    t.obs("digest", reply.digest());
}

/// Dumps that nobody finishes leave the subsystem usable.
fn socket_closed_in_between(t: &mut Test) {
    let acct = Acct::open();
    let all = fill(&acct, 500);
    for _ in 0..200 {
        for filtered in [false, true] {
            let s = Sock::open();
            let mut msg = Msg::new(GET, LIST);
            if filtered {
                msg = msg.filter(3, 0);
            }
            s.send(msg.bytes()).expect("send");
            let part = s.recv(SMALL).expect("first part").bytes;
            assert!(!messages(&part).expect("well-formed").is_empty());
        }
    }
    t.obs("names", acct.names().len());
    assert_eq!(acct.names(), all);
}
