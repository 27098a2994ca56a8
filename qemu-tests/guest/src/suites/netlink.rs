// SPDX-License-Identifier: GPL-2.0-only
//! Every request kind with every flag that means something, byte for byte.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Sock};

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
];


/// Records the object as it is now.
fn look(t: &mut Test, step: &str, sock: &Sock, name: &str) {
    t.exchange(step, sock, &Msg::named(GET, REQUEST, name));
}

fn new_name_only(t: &mut Test) {
    let s = Sock::open();
    t.expect("new", &s, &Msg::named(NEW, ADD, "n1"), "0");
    t.expect("get", &s, &Msg::named(GET, ASK, "n1"), "object,0");
}

fn new_preset(t: &mut Test) {
    let s = Sock::open();
    let add = |name| Msg::named(NEW, ADD, name);
    t.expect("both", &s, &add("both").counters(7, 9), "0");
    t.expect("pkts", &s, &add("pkts").be64(PKTS, 7), "0");
    t.expect("bytes", &s, &add("bytes").be64(BYTES, 9), "0");
    t.expect("max", &s, &add("max").counters(u64::MAX, u64::MAX), "0");
    let all = t.expect(
        "list",
        &s,
        &Msg::new(GET, LIST),
        "object,object,object,object,done",
    );
    let values: Vec<_> = all.objects().iter().map(|o| (o.pkts, o.bytes)).collect();
    assert_eq!(values, [(7, 9), (7, 0), (0, 9), (u64::MAX, u64::MAX)]);
}

fn new_quota(t: &mut Test) {
    let s = Sock::open();
    for (name, flags) in [("p", F_PKTS), ("b", F_BYTES)] {
        let msg = Msg::named(NEW, ADD, name)
            .counters(1, 2)
            .be32(FLAGS, flags)
            .be64(QUOTA, 0x0102_0304_0506_0708);
        t.expect(format!("new-{name}"), &s, &msg, "0");
        let got = t.expect(
            format!("get-{name}"),
            &s,
            &Msg::named(GET, ASK, name),
            "object,0",
        );
        let object = &got.objects()[0];
        assert_eq!(object.flags, Some(flags));
        assert_eq!(object.quota, Some(0x0102_0304_0506_0708));
    }
}

fn new_without_create(t: &mut Test) {
    let s = Sock::open();
    t.expect("new", &s, &Msg::named(NEW, ASK, "n"), "0");
    look(t, "get", &s, "n");
}

fn new_without_ack(t: &mut Test) {
    let s = Sock::open();
    t.expect("silent", &s, &Msg::named(NEW, REQUEST | CREATE, "n"), "-");
    t.expect("error", &s, &Msg::named(NEW, REQUEST | CREATE, "n"), "EBUSY");
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
            let msg = Msg::named(NEW, flags, name).counters(9, 99);
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
    let msg = Msg::named(NEW, ASK | REPLACE, "q")
        .counters(1, 1)
        .be32(FLAGS, F_PKTS)
        .be64(QUOTA, 5);
    t.expect("replace", &acct.sock, &msg, "0");
    let object = acct.get("q");
    assert_eq!((object.pkts, object.bytes), (0, 0));
    assert_eq!((object.flags, object.quota), (Some(F_BYTES), Some(100)));
    let bad = Msg::named(NEW, ASK | REPLACE, "q").be32(FLAGS, 3);
    t.expect("replace-both-kinds", &acct.sock, &bad, "0");
    let bad = Msg::named(NEW, ASK | REPLACE, "q").be32(FLAGS, F_PKTS);
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
            &Msg::named(GET, ASK, name),
            "object,0",
        );
        assert_eq!(with.messages()[0].flags, MULTI, "flag that clients wait on");
        t.expect(
            format!("{name}-bare"),
            &acct.sock,
            &Msg::named(GET, REQUEST, name),
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
            let msg = Msg::named(kind, flags, "b");
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
                &Msg::named(kind, flags | ACK | ECHO, "b"),
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
        let msg = Msg::named(kind, ASK, "IMayExist");
        t.expect(format!("{step}-named"), &acct.sock, &msg, "ENOENT");
        let msg = Msg::named(kind, REQUEST, "IMayExist");
        t.expect(format!("{step}-no-ack"), &acct.sock, &msg, "ENOENT");
        let msg = Msg::named(kind, ASK, "");
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
            &Msg::named(CTRZERO, ASK, name),
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
    t.expect("del", &acct.sock, &Msg::named(DEL, ASK, "b"), "0");
    t.expect("again", &acct.sock, &Msg::named(DEL, ASK, "b"), "ENOENT");
    t.expect("silent", &acct.sock, &Msg::named(DEL, REQUEST, "a"), "-");
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
