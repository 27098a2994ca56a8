// SPDX-License-Identifier: GPL-2.0-only
//! Every byte of a reply is one that the interface defines: no padding that was
//! not cleared, no address of the kernel, nothing of an older reply.
//!
//! Each message is made once more from what it says, and must be the same.

use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{messages, Acct, Msg, Reply, Sock};
use crate::xt::sockopt::count_output;

cases![reports, events, acknowledgements];

/// What a message says, encoded as the interface wants it.
fn canonical(datagram: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for m in messages(datagram).expect("well-formed datagram") {
        let header = |kind, flags| Msg::bare(kind, flags).seq(m.seq).pid(m.pid);
        let again = if m.kind == NLMSG_DONE {
            header(NLMSG_DONE, m.flags).raw(&0i32.to_ne_bytes())
        } else {
            let o = m.object().expect("complete object");
            let msg = header(NEW, m.flags).raw(&[0; 4]).name(&o.name);
            let msg = msg.counters(o.pkts, o.bytes).be32(USE, o.uses);
            match (o.flags, o.quota) {
                (Some(flags), Some(quota)) => msg.be32(FLAGS, flags).be64(QUOTA, quota),
                _ => msg,
            }
        };
        out.extend_from_slice(again.bytes());
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

fn check(reply: &Reply, what: &str) -> usize {
    for part in &reply.parts {
        assert_eq!(canonical(part), *part, "{what}");
    }
    reply.parts.iter().map(Vec::len).sum()
}

/// Dirties the memory that replies will be made of.
fn dirty(sock: &Sock) {
    let name = [0xa5; 31];
    for _ in 0..20 {
        sock.exchange(&Msg::new(GET, ASK).name(&name));
        sock.exchange(&Msg::new(NEW, REQUEST).name(&name).raw(&[0xa5; 1500]));
    }
}

/// GET, reset and both dumps, with names of every length.
fn reports(t: &mut Test) {
    let acct = Acct::open();
    let mut bytes = 0;
    for len in 1..=31 {
        let names = ["p", "q"].map(|kind| kind.repeat(len));
        acct.flush();
        acct.add_at(&names[0], u64::MAX, 1);
        acct.add_quota_at(&names[1], F_BYTES, u64::MAX - 1, 3, u64::MAX);
        dirty(&acct.sock);
        for kind in [GET, CTRZERO] {
            for name in &names {
                let reply = acct.sock.exchange(&Msg::named(kind, REQUEST, name));
                bytes += check(&reply, name);
            }
            bytes += check(&acct.sock.exchange(&Msg::new(kind, LIST)), "dump");
        }
    }
    t.obs("bytes", bytes);
}

fn events(t: &mut Test) {
    let acct = Acct::open();
    let events = Sock::open();
    events.join_quota().expect("membership");
    let mut bytes = 0;
    for len in 1..=31 {
        let name = "q".repeat(len);
        acct.add_quota(&name, F_PKTS, 1);
        count_output(&[name.as_str()]);
        dirty(&acct.sock);
        Udp::v4().send(1, 72);
        let mut reply = Reply::default();
        events.drain(4096, &mut reply);
        assert_eq!(reply.objects().len(), 1);
        bytes += check(&reply, &name);
    }
    t.obs("bytes", bytes);
}

/// Errors echo the request and nothing else.
fn acknowledgements(t: &mut Test) {
    let acct = Acct::open();
    let mut bytes = 0;
    for len in 0..64 {
        dirty(&acct.sock);
        let msg = Msg::new(GET, ASK).name(&vec![b'x'; len]);
        let reply = acct.sock.exchange(&msg);
        let answer = &reply.parts[0];
        assert_eq!(answer.len(), 20 + msg.bytes().len());
        assert_eq!(answer[20..], *msg.bytes());
        bytes += answer.len();
    }
    t.obs("bytes", bytes);
}
