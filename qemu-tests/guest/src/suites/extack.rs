// SPDX-License-Identifier: GPL-2.0-only
//! Extended acknowledgements: which text and which attribute a refusal names.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{attr_bytes, attrs, errno_name, hex, Acct, Message, Msg, Reply, Sock};
use crate::xt::sockopt::count_output;

cases![policy, own_refusals, success_is_silent, capped, not_asked_for];


/// The attributes behind an acknowledgement.
fn tlvs(m: &Message<'_>) -> String {
    if m.flags & ACK_TLVS == 0 {
        return "none".into();
    }
    // The error number, the header of the request, and the rest of it unless
    // the acknowledgement is capped.
    let mut skip = 20;
    if m.flags & CAPPED == 0 {
        let len = u32::from_ne_bytes(m.body[4..8].try_into().expect("length"));
        skip = 4 + (len as usize).next_multiple_of(4);
    }
    let word = |data: &[u8]| u32::from_ne_bytes(data.try_into().expect("a word"));
    let all = attrs(&m.body[skip..]).expect("well-formed attributes");
    let text: Vec<_> = all
        .iter()
        .map(|(kind, data)| match kind {
            1 => format!("msg={}", String::from_utf8_lossy(&data[..data.len() - 1])),
            2 => format!("offset={}", word(data)),
            4 | 0x8004 => format!("policy={}", hex(data)),
            5 => format!("missing={}", word(data)),
            6 => format!("nest={}", word(data)),
            other => format!("{other}={}", hex(data)),
        })
        .collect();
    text.join(" ")
}

fn describe(reply: &Reply) -> String {
    let parts: Vec<_> = reply
        .messages()
        .iter()
        .map(|m| match m.error() {
            Some(e) => format!("{}: {}", errno_name(e), tlvs(m)),
            None => format!("type {:x}", m.kind),
        })
        .collect();
    parts.join("; ")
}

/// A table with an unused and a used object.
fn scene() -> Acct {
    let acct = Acct {
        sock: Sock::open().with_ext_ack(),
    };
    acct.add("free");
    acct.add_quota("busy", F_PKTS, 3);
    count_output(&["busy"]);
    acct
}

/// What the core refuses for us by the policy: text, offset and policy.
fn policy(t: &mut Test) {
    let acct = scene();
    let new = |name: &[u8]| Msg::new(NEW, ADD).attr(NAME, name);
    for (step, msg) in [
        ("long-name", new(&[b'x'; 33])),
        ("full-name", new(&[b'x'; 32])),
        ("unterminated", new(b"abc")),
        ("empty-attr", new(b"")),
        ("short-pkts", new(b"n\0").attr(PKTS, &[0; 4])),
        ("long-pkts", new(b"long\0").attr(PKTS, &[0; 9])),
        ("short-bytes", new(b"n\0").attr(BYTES, &[])),
        ("short-quota", new(b"n\0").attr(QUOTA, &[0; 7])),
        ("short-flags", new(b"n\0").attr(FLAGS, &[0; 3])),
        ("over-flag", new(b"n\0").be32(FLAGS, F_OVER).be64(QUOTA, 1)),
        ("high-flag", new(b"n\0").be32(FLAGS, 1 << 31)),
        ("short-filter", Msg::new(GET, LIST).attr(FILTER, &[1])),
        ("bad-type", Msg::new(0x704, ASK)),
        ("get-name", Msg::new(GET, ASK).attr(NAME, b"x")),
        ("del-name", Msg::new(DEL, ASK).attr(NAME, &[b'x'; 40])),
    ] {
        let reply = acct.sock.exchange(&msg);
        t.obs(step, describe(&reply));
        t.obs(format!("{step}-bytes"), &reply);
    }
}

/// What the subsystem itself refuses.
fn own_refusals(t: &mut Test) {
    let acct = scene();
    let named = |kind, flags, name: &str| Msg::new(kind, flags).name(name.as_bytes());
    let mask = attr_bytes(FILTER_MASK, 8, &[0; 4]);
    let value = attr_bytes(FILTER_VALUE, 8, &[0; 4]);
    let dump = || Msg::new(GET, LIST);
    let quota = |flags| named(NEW, ADD, "n").counters(0, 0).be32(FLAGS, flags);
    for (step, want, msg) in [
        ("nameless-new", "EINVAL", Msg::new(NEW, ADD)),
        ("name-empty", "EINVAL", named(NEW, ADD, "")),
        ("name-taken", "EBUSY", named(NEW, ADD, "free")),
        ("name-taken-excl", "EEXIST", named(NEW, ADD | EXCL, "free")),
        ("flags-both-kinds", "EINVAL", quota(3).be64(QUOTA, 1)),
        ("quota-none", "EINVAL", quota(1)),
        ("nameless-get", "EINVAL", Msg::new(GET, ASK)),
        ("name-unknown-get", "ENOENT", named(GET, ASK, "nobody")),
        ("nameless-zero", "EINVAL", Msg::new(CTRZERO, ASK)),
        ("name-unknown-zero", "ENOENT", named(CTRZERO, ASK, "nobody")),
        ("name-unknown-del", "ENOENT", named(DEL, ASK, "nobody")),
        ("name-in-use", "EBUSY", named(DEL, ASK, "busy")),
        ("filter-empty", "EINVAL", dump().attr(FILTER | NESTED, &[])),
        ("filter-mask", "EINVAL", dump().attr(FILTER | NESTED, &mask)),
        ("filter-value", "EINVAL", dump().attr(FILTER | NESTED, &value)),
    ] {
        let reply = acct.sock.exchange(&msg);
        assert_eq!(reply.outcome(), want, "{step}");
        t.obs(step, describe(&reply));
    }
}

fn success_is_silent(t: &mut Test) {
    let acct = scene();
    for (step, msg) in [
        ("new", Msg::new(NEW, ADD).name(b"n")),
        ("replace", Msg::new(NEW, ADD | REPLACE).name(b"n")),
        ("get", Msg::new(GET, ASK).name(b"n")),
        ("dump", Msg::new(GET, LIST).filter(3, 0)),
        ("del", Msg::new(DEL, ASK).name(b"n")),
        ("flush", Msg::new(DEL, ASK)),
    ] {
        let reply = t.exchange(step, &acct.sock, &msg);
        assert!(!describe(&reply).contains('='), "{}", describe(&reply));
    }
}

/// With capped acknowledgements the text still comes, the request does not.
fn capped(t: &mut Test) {
    let acct = scene();
    acct.sock
        .set(libc::SOL_NETLINK, libc::NETLINK_CAP_ACK, 1)
        .expect("NETLINK_CAP_ACK");
    let reply = acct.sock.exchange(&Msg::new(GET, ASK).name(b"nobody"));
    t.obs("missing", describe(&reply));
    let reply = acct.sock.exchange(&Msg::new(NEW, ADD).attr(NAME, b"x"));
    t.obs("policy", describe(&reply));
}

/// Without the option nothing is added to any refusal.
fn not_asked_for(t: &mut Test) {
    let acct = scene();
    let plain = Sock::open();
    for (step, msg) in [
        ("missing", Msg::new(GET, ASK).name(b"nobody")),
        ("busy", Msg::new(DEL, ASK).name(b"busy")),
        ("policy", Msg::new(NEW, ADD).attr(NAME, b"x")),
    ] {
        let reply = t.exchange(step, &plain, &msg);
        assert!(describe(&reply).ends_with(": none"));
    }
    drop(acct);
}
