// SPDX-License-Identifier: GPL-2.0-only
//! Resets never lose a count: what is reported plus what remains is what was
//! counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Object, Sock};
use crate::xt::sockopt::count_output;

cases![
    dump_resets_all,
    dump_boundary,
    dump_boundary_by_name_length,
    dump_boundary_quota,
    full_queue,
    full_queue_errors,
    replace_resets,
    under_traffic,
    dump_under_traffic,
    quota_under_traffic,
];

fn sum(objects: &[Object]) -> (u64, u64) {
    let pkts = objects.iter().map(|o| o.pkts).sum();
    let bytes = objects.iter().map(|o| o.bytes).sum();
    (pkts, bytes)
}

/// Resets everything in parts of `size`; gives what is neither reported nor
/// left, and how many objects were affected.
fn lost(acct: &Acct, size: usize) -> (u64, u64) {
    let before = sum(&acct.list());
    let s = Sock::open();
    let reply = s.exchange_sized(Msg::new(CTRZERO, LIST).bytes(), size);
    assert!(reply.done(), "{}", reply.outcome());
    let reported = sum(&reply.objects());
    let left = sum(&acct.list());
    (
        before.0 - reported.0 - left.0,
        before.1 - reported.1 - left.1,
    )
}

fn dump_resets_all(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("a", 1, 10);
    acct.add_quota_at("b", F_PKTS, 5, 2, 20);
    acct.add_quota_at("c", F_BYTES, 5, 3, 30);
    let msg = Msg::new(CTRZERO, LIST);
    t.expect("first", &acct.sock, &msg, "object,object,object,done");
    t.expect("second", &acct.sock, &msg, "object,object,object,done");
    assert_eq!(sum(&acct.list()), (0, 0));
}

/// A record that does not fit into a part must keep its counts for the next.
fn dump_boundary(t: &mut Test) {
    for size in [4096, 8192, 32768] {
        let acct = Acct::open();
        let new: Vec<_> = (0..2000)
            .map(|n| add_quiet(&format!("name-{n:08}")).counters(1000, 1_000_000))
            .collect();
        acct.add_many(&new);
        let (pkts, bytes) = lost(&acct, size);
        t.losses(format!("lost-{size}"), &[pkts, bytes]);
        acct.flush();
    }
}

/// How much is lost depends on the record size alone.
fn dump_boundary_by_name_length(t: &mut Test) {
    let acct = Acct::open();
    let mut total = 0;
    for len in 3..=31usize {
        let new: Vec<_> = (0..200)
            .map(|n| add_quiet(&format!("{n:0len$}")).counters(1, 1))
            .collect();
        acct.add_many(&new);
        total += lost(&acct, 4096).0;
        acct.flush();
    }
    t.losses("lost", &[total]);
}

fn dump_boundary_quota(t: &mut Test) {
    let acct = Acct::open();
    let new: Vec<_> = (0..1000)
        .map(|n| {
            let msg = add_quiet(&format!("acct-{n}")).counters(7, 70);
            match n % 2 {
                0 => msg,
                _ => msg.be32(FLAGS, F_PKTS).be64(QUOTA, 5),
            }
        })
        .collect();
    acct.add_many(&new);
    let (pkts, bytes) = lost(&acct, 4096);
    t.losses("lost", &[pkts, bytes]);
}

/// Fills the receive queue of a fresh socket with unread replies.
fn clogged(name: &str) -> Sock {
    let s = Sock::open();
    s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1).expect("SO_RCVBUF");
    for _ in 0..8 {
        // The error of a full queue is the aim.
        let _ = s.send(Msg::new(GET, REQUEST).name(name.as_bytes()).bytes());
    }
    s
}

/// A reset whose reply cannot be queued must not reset.
fn full_queue(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("plain", 1000, 2000);
    acct.add_quota_at("quota", F_PKTS, 500, 1000, 2000);
    for name in ["plain", "quota"] {
        let s = clogged(name);
        let msg = Msg::new(CTRZERO, ASK).name(name.as_bytes());
        s.send(msg.bytes()).expect("send");
        let mut reply = crate::wire::Reply::default();
        s.drain(65536, &mut reply);
        let delivered = reply.objects().iter().filter(|o| o.pkts == 0).count();
        assert_eq!(delivered, 0, "an object was read after its reset");
        let (pkts, bytes) = acct.counts(name);
        t.losses(format!("{name}-lost"), &[1000 - pkts, 2000 - bytes]);
    }
}

/// What the caller of such a request gets to see.
fn full_queue_errors(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("a", 1, 1);
    for kind in [GET, CTRZERO] {
        let s = clogged("a");
        let msg = Msg::new(kind, ASK).name(b"a");
        s.send(msg.bytes()).expect("send");
        let mut reply = crate::wire::Reply::default();
        s.drain(65536, &mut reply);
        t.obs(format!("{kind:x}"), reply.outcome());
    }
}

fn replace_resets(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("a", 5, 50);
    let msg = Msg::new(NEW, REQUEST | ACK | REPLACE).name(b"a").counters(9, 9);
    t.expect("replace", &acct.sock, &msg, "0");
    assert_eq!(acct.counts("a"), (0, 0));
}

/// Sends datagrams from two threads while `reset` runs; gives how many.
fn traffic_while(per_sender: u64, mut reset: impl FnMut()) -> u64 {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| Udp::v4().send(per_sender, 72)))
            .collect();
        let waiter = scope.spawn(|| {
            for sender in senders {
                sender.join().expect("sender");
            }
            ended.store(true, Ordering::Relaxed);
        });
        while !ended.load(Ordering::Relaxed) {
            reset();
        }
        waiter.join().expect("waiter");
    });
    2 * per_sender
}

/// Single resets under traffic: packets and bytes are conserved exactly.
fn under_traffic(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    acct.add("control");
    count_output(&["a", "control"]);
    let mut got = (0, 0);
    let sent = traffic_while(5_000, || {
        let object = acct.reset("a");
        got = (got.0 + object.pkts, got.1 + object.bytes);
    });
    let rest = acct.reset("a");
    assert_eq!(got.0 + rest.pkts, sent);
    assert_eq!(got.1 + rest.bytes, sent * 100);
    assert_eq!(acct.counts("control"), (sent, sent * 100));
    t.obs("after", format!("{:?}", acct.counts("a")));
}

/// The same by dumps that fit into one part.
fn dump_under_traffic(t: &mut Test) {
    let acct = Acct::open();
    for name in ["a", "b", "c"] {
        acct.add(name);
    }
    count_output(&["a", "b", "c"]);
    let mut got = (0, 0);
    let mut take = || {
        let reply = acct.sock.exchange(&Msg::new(CTRZERO, LIST));
        let part = sum(&reply.objects());
        got = (got.0 + part.0, got.1 + part.1);
    };
    let sent = traffic_while(5_000, &mut take);
    take();
    assert_eq!(got, (3 * sent, 3 * sent * 100));
    t.obs("after", format!("{:?}", sum(&acct.list())));
}

/// Quota objects far below and far above their limit.
fn quota_under_traffic(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota("far", F_PKTS, u64::MAX);
    acct.add_quota("near", F_BYTES, 1000);
    count_output(&["far", "near"]);
    let mut got = [(0, 0); 2];
    let mut take = || {
        for (name, got) in ["far", "near"].iter().zip(&mut got) {
            let object = acct.reset(name);
            *got = (got.0 + object.pkts, got.1 + object.bytes);
        }
    };
    let sent = traffic_while(5_000, &mut take);
    take();
    assert_eq!(got, [(sent, sent * 100); 2]);
    t.obs("after", format!("{:?}", sum(&acct.list())));
}
