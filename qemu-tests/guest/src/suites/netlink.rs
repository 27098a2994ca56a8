// SPDX-License-Identifier: GPL-2.0-only
//! Every request kind with every flag that means something, byte for byte.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{batch, Acct, Msg, Sock};

cases![
    new_name_only,
    new_preset,
    new_quota,
    new_without_create,
    new_without_ack,
    new_flag_grid,
    replace_resets,
    get_one,
    get_flag_grid,
    get_missing,
    reset_one,
    delete_one,
    delete_all,
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
];

const ADD: u16 = REQUEST | ACK | CREATE;
const ASK: u16 = REQUEST | ACK;

fn named(kind: u16, flags: u16, name: &str) -> Msg {
    Msg::new(kind, flags).name(name.as_bytes())
}

/// Records the object as it is now.
fn look(t: &mut Test, step: &str, sock: &Sock, name: &str) {
    t.exchange(step, sock, &named(GET, REQUEST, name));
}

fn new_name_only(t: &mut Test) {
    let s = Sock::open();
    t.expect("new", &s, &named(NEW, ADD, "n1"), "0");
    t.expect("get", &s, &named(GET, ASK, "n1"), "object,0");
}

fn new_preset(t: &mut Test) {
    let s = Sock::open();
    let add = |name| named(NEW, ADD, name);
    t.expect("both", &s, &add("both").counters(7, 9), "0");
    t.expect("pkts", &s, &add("pkts").be64(PKTS, 7), "0");
    t.expect("bytes", &s, &add("bytes").be64(BYTES, 9), "0");
    t.expect("max", &s, &add("max").counters(u64::MAX, u64::MAX), "0");
    let all = t.expect(
        "list",
        &s,
        &Msg::new(GET, REQUEST | DUMP),
        "object,object,object,object,done",
    );
    let values: Vec<_> = all.objects().iter().map(|o| (o.pkts, o.bytes)).collect();
    assert_eq!(values, [(7, 9), (7, 0), (0, 9), (u64::MAX, u64::MAX)]);
}

fn new_quota(t: &mut Test) {
    let s = Sock::open();
    for (name, flags) in [("p", F_PKTS), ("b", F_BYTES)] {
        let msg = named(NEW, ADD, name)
            .counters(1, 2)
            .be32(FLAGS, flags)
            .be64(QUOTA, 0x0102_0304_0506_0708);
        t.expect(format!("new-{name}"), &s, &msg, "0");
        let got = t.expect(
            format!("get-{name}"),
            &s,
            &named(GET, ASK, name),
            "object,0",
        );
        let object = &got.objects()[0];
        assert_eq!(object.flags, Some(flags));
        assert_eq!(object.quota, Some(0x0102_0304_0506_0708));
    }
}

fn new_without_create(t: &mut Test) {
    let s = Sock::open();
    t.expect("new", &s, &named(NEW, ASK, "n"), "0");
    look(t, "get", &s, "n");
}

fn new_without_ack(t: &mut Test) {
    let s = Sock::open();
    t.expect("silent", &s, &named(NEW, REQUEST | CREATE, "n"), "-");
    t.expect("error", &s, &named(NEW, REQUEST | CREATE, "n"), "EBUSY");
}

/// All combinations of the four NEW flags, on a missing, a plain and a quota
/// object, with what each leaves behind.
fn new_flag_grid(t: &mut Test) {
    let s = Sock::open();
    let acct = Acct { sock: Sock::open() };
    for bits in 0..16u16 {
        let flags = ASK | (bits << 8);
        acct.flush();
        acct.add_at("plain", 5, 50);
        acct.add_quota_at("quota", F_PKTS, 3, 5, 50);
        for name in ["missing", "plain", "quota"] {
            let msg = named(NEW, flags, name).counters(9, 99);
            let got = t.exchange(format!("{bits}-{name}"), &s, &msg).outcome();
            let want = match (name, flags & EXCL != 0, flags & REPLACE != 0) {
                ("missing", _, _) | (_, false, true) => "0",
                (_, true, _) => "EEXIST",
                _ => "EBUSY",
            };
            assert_eq!(got, want, "flags {flags:#x} on {name}");
            look(t, &format!("{bits}-{name}-after"), &s, name);
        }
    }
}

/// REPLACE zeroes the counters and takes no value from the message.
fn replace_resets(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota_at("q", F_BYTES, 100, 7, 70);
    let msg = named(NEW, ASK | REPLACE, "q")
        .counters(1, 1)
        .be32(FLAGS, F_PKTS)
        .be64(QUOTA, 5);
    t.expect("replace", &acct.sock, &msg, "0");
    let object = acct.get("q");
    assert_eq!((object.pkts, object.bytes), (0, 0));
    assert_eq!((object.flags, object.quota), (Some(F_BYTES), Some(100)));
    let bad = named(NEW, ASK | REPLACE, "q").be32(FLAGS, 3);
    t.expect("replace-both-kinds", &acct.sock, &bad, "0");
    let bad = named(NEW, ASK | REPLACE, "q").be32(FLAGS, F_PKTS);
    t.expect("replace-no-quota", &acct.sock, &bad, "0");
    look(t, "after", &acct.sock, "q");
}

fn get_one(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("plain", 1, 2);
    acct.add_quota_at("quota", F_PKTS, 9, 3, 4);
    for name in ["plain", "quota"] {
        let with = t.expect(
            format!("{name}-ack"),
            &acct.sock,
            &named(GET, ASK, name),
            "object,0",
        );
        assert_eq!(with.messages()[0].flags, MULTI, "flag that clients wait on");
        t.expect(
            format!("{name}-bare"),
            &acct.sock,
            &named(GET, REQUEST, name),
            "object",
        );
    }
}

/// Either dump bit makes a dump; all other bits change nothing.
fn get_flag_grid(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("a", 1, 10);
    acct.add_at("b", 2, 20);
    for kind in [GET, CTRZERO] {
        for bits in 0..16u16 {
            let flags = REQUEST | (bits << 8);
            let msg = named(kind, flags, "b");
            let want = if flags & DUMP == 0 {
                "object"
            } else {
                "object,object,done"
            };
            let step = format!("{}-{bits}", if kind == GET { "get" } else { "zero" });
            t.expect(&step, &acct.sock, &msg, want);
            t.expect(
                format!("{step}-ack"),
                &acct.sock,
                &named(kind, flags | ACK | ECHO, "b"),
                if flags & DUMP == 0 { "object,0" } else { want },
            );
        }
    }
}

fn get_missing(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    for kind in [GET, CTRZERO, DEL] {
        let step = format!("{kind:x}");
        let msg = named(kind, ASK, "IMayExist");
        t.expect(format!("{step}-named"), &acct.sock, &msg, "ENOENT");
        let msg = named(kind, REQUEST, "IMayExist");
        t.expect(format!("{step}-no-ack"), &acct.sock, &msg, "ENOENT");
        let msg = named(kind, ASK, "");
        t.expect(format!("{step}-empty"), &acct.sock, &msg, "ENOENT");
    }
    for kind in [NEW, GET, CTRZERO] {
        let msg = Msg::new(kind, ASK);
        t.expect(format!("{kind:x}-nameless"), &acct.sock, &msg, "EINVAL");
    }
}

/// The reset reports the values and the over-quota bit that it clears.
fn reset_one(t: &mut Test) {
    let acct = Acct::open();
    acct.add_at("plain", 5, 50);
    acct.add_quota_at("quota", F_PKTS, 3, 5, 50);
    for name in ["plain", "quota"] {
        let first = t.expect(
            format!("{name}-reset"),
            &acct.sock,
            &named(CTRZERO, ASK, name),
            "object,0",
        );
        assert_eq!(first.objects()[0].pkts, 5);
        look(t, &format!("{name}-after"), &acct.sock, name);
        assert_eq!(acct.counts(name), (0, 0));
    }
}

fn delete_one(t: &mut Test) {
    let acct = Acct::open();
    for name in ["a", "b", "c"] {
        acct.add(name);
    }
    t.expect("del", &acct.sock, &named(DEL, ASK, "b"), "0");
    t.expect("again", &acct.sock, &named(DEL, ASK, "b"), "ENOENT");
    t.expect("silent", &acct.sock, &named(DEL, REQUEST, "a"), "-");
    assert_eq!(acct.names(), ["c"]);
}

/// A DEL without a name deletes everything unused, whatever its flags say.
fn delete_all(t: &mut Test) {
    let acct = Acct::open();
    for bits in 0..16u16 {
        for name in ["a", "b"] {
            acct.add(name);
        }
        let msg = Msg::new(DEL, ASK | (bits << 8)).be32(FLAGS, F_PKTS);
        t.expect(format!("flush-{bits}"), &acct.sock, &msg, "0");
        assert!(acct.names().is_empty());
    }
    t.expect("empty", &acct.sock, &Msg::new(DEL, ASK), "0");
}

fn types_above_del(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    for low in 4..=255u16 {
        let reply = acct.sock.exchange(&named(0x700 | low, ASK, "a"));
        assert_eq!(reply.outcome(), "EINVAL", "type {low}");
        if low < 8 || low == 255 {
            t.obs(low, &reply);
        }
    }
    let reply = acct.sock.exchange(&named(0x704, ASK | DUMP, "a"));
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
            let msg = named(kind, flags, &name).gen(family, version, res_id);
            t.exchange(format!("{n}-{kind:x}"), &s, &msg.pid(0xdead_beef));
        }
    }
    for seq in [0, 1, u32::MAX] {
        let msg = named(GET, ASK, "none").seq(seq);
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
        let msg = Msg::bare(kind, REQUEST | DUMP);
        t.expect(format!("{kind:x}-silent"), &acct.sock, &msg, "-");
    }
    assert_eq!(acct.names(), ["a"]);
}

/// A length beyond the buffer or below the header stops all processing.
fn lying_lengths(t: &mut Test) {
    let acct = Acct::open();
    let msg = named(NEW, ADD, "a");
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
    t.expect("ack", &acct.sock, &named(NEW, ACK | CREATE, "a"), "0");
    t.expect("no-ack", &acct.sock, &named(NEW, CREATE, "a"), "-");
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
        named(NEW, ADD, "a").seq(1),
        named(NEW, REQUEST, "b").seq(2),
        named(GET, ASK, "a").seq(3),
        named(GET, REQUEST, "b").seq(4),
        named(DEL, REQUEST, "a").seq(5),
        named(GET, ASK, "a").seq(6),
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
        named(NEW, ADD, "a").seq(1),
        named(NEW, ADD, "a").seq(2),
        Msg::new(GET, ASK).seq(3),
        named(NEW, ADD, "b").seq(4),
        Msg::new(GET, REQUEST | DUMP).seq(5),
        named(NEW, ADD, "c").seq(6),
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
            named(NEW, ADD, "a").seq(2),
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
    let reply = t.expect("missing", &acct.sock, &named(GET, ASK, "x"), "ENOENT");
    assert_eq!(reply.parts[0].len(), 36);
    t.expect("invalid", &acct.sock, &Msg::new(NEW, ADD), "EINVAL");
}
