// SPDX-License-Identifier: GPL-2.0-only
//! Message headers, lengths and several messages in one send.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{batch, Acct, Msg, Sock};

cases![
    types_above_del,
    header_fields_ignored,
    short_messages,
    lying_lengths,
    not_a_request,
    control_types,
    batch_of_messages,
    batch_with_errors,
    transaction_refused,
    capped_ack,
    strict_check_has_no_effect,
];


fn types_above_del(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    for low in 4..=255u16 {
        let reply = acct.sock.exchange(&Msg::named(0x700 | low, ASK, "a"));
        assert_eq!(reply.outcome(), "EINVAL", "type {low}");
        if low < 8 || low == 255 {
            t.obs(low, &reply);
        }
    }
    let reply = acct.sock.exchange(&Msg::named(0x704, ASK | DUMP, "a"));
    t.obs("dump", &reply);
    assert_eq!(acct.names(), ["a"]);
}

/// Family, version, resource id and the sender's port id are not looked at.
fn header_fields_ignored(t: &mut Test) {
    let s = Sock::open();
    let fields = [(2, 0, 0), (16, 0, 0), (255, 255, 0xffff), (0, 1, 7)];
    for (n, (family, version, res_id)) in fields.into_iter().enumerate() {
        let name = format!("o{n}");
        for (kind, flags) in [(NEW, ADD), (GET, ASK), (CTRZERO, ASK), (DEL, ASK)] {
            let msg = Msg::named(kind, flags, &name).gen(family, version, res_id);
            t.exchange(format!("{n}-{kind:x}"), &s, &msg.pid(0xdead_beef));
        }
    }
    for seq in [0, 1, u32::MAX] {
        let msg = Msg::named(GET, ASK, "none").seq(seq);
        t.expect(format!("seq-{seq}"), &s, &msg, "ENOENT");
    }
}

/// A message without room for `nfgenmsg` is acknowledged and does nothing.
fn short_messages(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    for kind in [NEW, GET, CTRZERO, DEL, 0x7ff] {
        for extra in 0..4usize {
            let msg = Msg::bare(kind, ASK).raw(&[0; 4][..extra]);
            t.expect(format!("{kind:x}-{extra}"), &acct.sock, &msg, "0");
        }
        let msg = Msg::bare(kind, LIST);
        t.expect(format!("{kind:x}-silent"), &acct.sock, &msg, "-");
    }
    assert_eq!(acct.names(), ["a"]);
}

/// A length beyond the buffer or below the header stops all processing.
fn lying_lengths(t: &mut Test) {
    let acct = Acct::open();
    let msg = Msg::named(NEW, ADD, "a");
    let real = msg.bytes().len() as u32;
    for claim in [0, 1, 15, real + 1, real + 4, 0xffff, u32::MAX] {
        let lie = msg.clone().claim(claim);
        t.expect(format!("claim-{claim}"), &acct.sock, &lie, "-");
    }
    assert!(acct.names().is_empty());
    for claim in [16, 19, 20, 24, 25, real - 1] {
        t.exchange(
            format!("cut-{claim}"),
            &acct.sock,
            &msg.clone().claim(claim),
        );
    }
    for size in [0, 1, 15] {
        let reply = acct.sock.exchange_sized(&msg.bytes()[..size], 4096);
        t.obs(format!("datagram-{size}"), &reply);
    }
    t.obs("names", acct.names().join(","));
}

fn not_a_request(t: &mut Test) {
    let acct = Acct::open();
    t.expect("ack", &acct.sock, &Msg::named(NEW, ACK | CREATE, "a"), "0");
    t.expect("no-ack", &acct.sock, &Msg::named(NEW, CREATE, "a"), "-");
    assert!(acct.names().is_empty());
}

fn control_types(t: &mut Test) {
    let s = Sock::open();
    for kind in 0..16u16 {
        t.expect(kind, &s, &Msg::new(kind, ASK), "0");
    }
}

fn batch_of_messages(t: &mut Test) {
    let acct = Acct::open();
    let all = batch(&[
        Msg::named(NEW, ADD, "a").seq(1),
        Msg::named(NEW, REQUEST, "b").seq(2),
        Msg::named(GET, ASK, "a").seq(3),
        Msg::named(GET, REQUEST, "b").seq(4),
        Msg::named(DEL, REQUEST, "a").seq(5),
        Msg::named(GET, ASK, "a").seq(6),
    ]);
    let reply = acct.sock.exchange_sized(&all, 65536);
    t.obs("reply", &reply);
    assert_eq!(reply.outcome(), "0,object,0,object,ENOENT");
    assert_eq!(acct.names(), ["b"]);
}

/// An error does not stop the messages behind it; there is no roll-back.
fn batch_with_errors(t: &mut Test) {
    let acct = Acct::open();
    let all = batch(&[
        Msg::named(NEW, ADD, "a").seq(1),
        Msg::named(NEW, ADD, "a").seq(2),
        Msg::new(GET, ASK).seq(3),
        Msg::named(NEW, ADD, "b").seq(4),
        Msg::new(GET, LIST).seq(5),
        Msg::named(NEW, ADD, "c").seq(6),
    ]);
    let reply = acct.sock.exchange_sized(&all, 65536);
    t.obs("reply", &reply);
    assert_eq!(acct.names(), ["a", "b", "c"]);
}

/// The subsystem has no transactions: nothing of one is executed.
fn transaction_refused(t: &mut Test) {
    let acct = Acct::open();
    for (step, res_id) in [("acct", 7u16), ("nonsense", 99)] {
        let begin = Msg::new(BATCH_BEGIN, ASK).gen(0, 0, res_id).seq(1);
        let all = batch(&[
            begin,
            Msg::named(NEW, ADD, "a").seq(2),
            Msg::new(BATCH_END, ASK).gen(0, 0, res_id).seq(3),
        ]);
        let reply = acct.sock.exchange_sized(&all, 65536);
        t.obs(step, &reply);
    }
    t.expect("lone-end", &acct.sock, &Msg::new(BATCH_END, ASK), "EINVAL");
    assert!(acct.names().is_empty());
}

fn capped_ack(t: &mut Test) {
    let acct = Acct::open();
    acct.sock
        .set(libc::SOL_NETLINK, libc::NETLINK_CAP_ACK, 1)
        .expect("NETLINK_CAP_ACK");
    let reply = t.expect("missing", &acct.sock, &Msg::named(GET, ASK, "x"), "ENOENT");
    assert_eq!(reply.parts[0].len(), 36);
    t.expect("invalid", &acct.sock, &Msg::new(NEW, ADD), "EINVAL");
}

/// The strict checks of other families do not exist here.
fn strict_check_has_no_effect(t: &mut Test) {
    const GET_STRICT_CHK: i32 = 12;
    let acct = Acct::open();
    acct.add("a");
    acct.sock
        .set(libc::SOL_NETLINK, GET_STRICT_CHK, 1)
        .expect("NETLINK_GET_STRICT_CHK");
    let dump = || Msg::named(GET, REQUEST | DUMP, "other").gen(77, 1, 5);
    t.expect("dump", &acct.sock, &dump(), "object,done");
    let odd = dump().attr(99, &[1, 2, 3]).filter(3, 0).raw(&[0; 3]);
    t.expect("odd-dump", &acct.sock, &odd, "object,done");
}
