// SPDX-License-Identifier: GPL-2.0-only
//! The dump filter: `(flags & mask) == value`.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{attr_bytes, Acct, Msg, Sock};

cases![
    of_the_c_tool,
    grid,
    reset_only_what_matches,
    frame,
    inner_lengths,
    incomplete,
    inner_unknown,
    name_is_ignored,
    over_many_parts,
];

/// A plain object and both kinds of quota.
fn three(acct: &Acct) {
    acct.add_at("plain", 1, 1);
    acct.add_quota_at("pkts", F_PKTS, 10, 2, 2);
    acct.add_quota_at("bytes", F_BYTES, 10, 3, 3);
}

fn names(reply: &crate::wire::Reply) -> String {
    let names: Vec<_> = reply
        .objects()
        .iter()
        .map(|o| String::from_utf8_lossy(&o.name).into_owned())
        .collect();
    names.join(",")
}

fn of_the_c_tool(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    for (step, mask, value, want) in [
        ("counters", 3, 0, "plain"),
        ("bytes-quota", 2, 2, "bytes"),
        ("pkts-quota", 1, 1, "pkts"),
        ("overquota", 4, 4, ""),
    ] {
        let msg = Msg::new(GET, LIST).filter(mask, value);
        let reply = t.exchange(step, &acct.sock, &msg);
        assert_eq!(names(&reply), want, "{step}");
    }
}

/// Any bits are allowed, also those that no object can have.
fn grid(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    let words = (0..8).chain([8, 0x0100_0000, 0x0300_0000, u32::MAX]);
    for mask in words.clone() {
        for value in words.clone() {
            let msg = Msg::new(GET, LIST).filter(mask, value);
            let reply = acct.sock.exchange(&msg);
            assert!(reply.done());
            t.obs(format!("{mask:x}-{value:x}"), names(&reply));
        }
    }
}

fn reset_only_what_matches(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    let msg = Msg::new(CTRZERO, LIST).filter(3, F_PKTS);
    let reply = t.exchange("reset", &acct.sock, &msg);
    assert_eq!(names(&reply), "pkts");
    let left: Vec<_> = acct.list().iter().map(|o| o.pkts).collect();
    assert_eq!(left, [1, 0, 3]);
    let msg = Msg::new(CTRZERO, LIST).filter(8, 8);
    t.exchange("nothing", &acct.sock, &msg);
    t.exchange("after", &acct.sock, &Msg::new(GET, LIST));
}

/// The nested bit is optional; the frame may hold anything that parses.
fn frame(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    let mask = attr_bytes(FILTER_MASK, 8, &3u32.to_be_bytes());
    let value = attr_bytes(FILTER_VALUE, 8, &1u32.to_be_bytes());
    let both = [mask.clone(), value.clone()].concat();
    let swapped = [value, mask].concat();
    for (step, kind, inner) in [
        ("nested", FILTER | NESTED, &both),
        ("flat", FILTER, &both),
        ("order", FILTER | NET_BYTEORDER, &both),
        ("swapped", FILTER | NESTED, &swapped),
    ] {
        let msg = Msg::new(GET, LIST).attr(kind, inner);
        t.exchange(step, &acct.sock, &msg);
    }
    let host = [
        attr_bytes(FILTER_MASK, 8, &3u32.to_ne_bytes()),
        attr_bytes(FILTER_VALUE, 8, &1u32.to_ne_bytes()),
    ]
    .concat();
    let msg = Msg::new(GET, LIST).attr(FILTER | NESTED, &host);
    t.exchange("host-order", &acct.sock, &msg);
    let msg = Msg::new(GET, LIST).filter(3, 1).filter(3, 2);
    t.exchange("twice", &acct.sock, &msg);
}

fn inner_lengths(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    let payload = [0, 0, 0, 1, 0, 0, 0, 2];
    for len in 0..=8usize {
        for (step, kind, other) in [
            ("mask", FILTER_MASK, FILTER_VALUE),
            ("value", FILTER_VALUE, FILTER_MASK),
        ] {
            let inner = [
                attr_bytes(other, 8, &1u32.to_be_bytes()),
                attr_bytes(kind, len as u16 + 4, &payload[..len]),
            ]
            .concat();
            let msg = Msg::new(GET, LIST).attr(FILTER | NESTED, &inner);
            t.exchange(format!("{step}-{len}"), &acct.sock, &msg);
        }
    }
}

/// Both halves are needed, else EINVAL and nothing is reset.
fn incomplete(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    let before = acct.list();
    let mask = attr_bytes(FILTER_MASK, 8, &3u32.to_be_bytes());
    let value = attr_bytes(FILTER_VALUE, 8, &1u32.to_be_bytes());
    for kind in [GET, CTRZERO] {
        for (step, inner) in [("mask", mask.as_slice()), ("value", &value), ("none", &[])] {
            for (label, flags) in [("", LIST), ("-ack", LIST | ACK)] {
                let msg = Msg::new(kind, flags).attr(FILTER | NESTED, inner);
                let step = format!("{kind:x}-{step}{label}");
                t.expect(step, &acct.sock, &msg, "EINVAL");
            }
        }
        for (step, raw) in [
            ("tail", [mask.as_slice(), &value, &[1, 2, 3]].concat()),
            ("cut", mask[..6].to_vec()),
            ("lie", attr_bytes(FILTER_MASK, 99, &[0; 4])),
        ] {
            let msg = Msg::new(kind, LIST).attr(FILTER | NESTED, &raw);
            t.exchange(format!("{kind:x}-{step}"), &acct.sock, &msg);
        }
        if kind == GET {
            assert_eq!(acct.list(), before, "a refused dump changes nothing");
        }
    }
    t.exchange("after", &acct.sock, &Msg::new(GET, LIST));
}

fn inner_unknown(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    for kind in [0u16, 3, 9, 0x7fff, FILTER_MASK | NESTED] {
        let inner = [
            attr_bytes(FILTER_MASK, 8, &3u32.to_be_bytes()),
            attr_bytes(FILTER_VALUE, 8, &1u32.to_be_bytes()),
            attr_bytes(kind, 8, &2u32.to_be_bytes()),
        ]
        .concat();
        let msg = Msg::new(GET, LIST).attr(FILTER | NESTED, &inner);
        t.exchange(format!("{kind:x}"), &acct.sock, &msg);
    }
}

/// A dump takes no notice of a name, good or missing.
fn name_is_ignored(t: &mut Test) {
    let acct = Acct::open();
    three(&acct);
    for name in ["pkts", "nobody", ""] {
        let msg = Msg::new(GET, LIST).name(name.as_bytes());
        let reply = acct.sock.exchange(&msg);
        assert_eq!(names(&reply), "plain,pkts,bytes");
        let reply = acct.sock.exchange(&msg.filter(3, 2));
        t.obs(format!("{name}-filtered"), &reply);
        assert_eq!(names(&reply), "bytes");
    }
}

fn over_many_parts(t: &mut Test) {
    let acct = Acct::open();
    let messages: Vec<_> = (0..1000u32)
        .map(|n| {
            let msg = crate::wire::acct::add_quiet(&format!("object-{n}"));
            match n % 3 {
                0 => msg,
                kind => msg.be32(FLAGS, kind).be64(QUOTA, 5),
            }
        })
        .collect();
    acct.add_many(&messages);
    for (mask, value) in [(3, 0), (3, 1), (3, 2), (1, 1), (4, 4), (0, 0)] {
        let msg = Msg::new(GET, LIST).filter(mask, value);
        // A fresh socket: parts grow to the largest receive ever made.
        let reply = Sock::open().exchange_sized(msg.bytes(), 8192);
        assert!(reply.done());
        t.obs(format!("{mask}-{value}"), reply.digest());
        t.obs(format!("{mask}-{value}-count"), reply.objects().len());
    }
}
