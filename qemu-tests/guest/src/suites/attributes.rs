// SPDX-License-Identifier: GPL-2.0-only
//! Attribute abuse: wrong lengths, wrong types, wrong nesting, wrong values.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{attr_bytes, Acct, Msg, Sock};

cases![
    counter_lengths,
    flags_lengths,
    quota_lengths,
    flag_values,
    quota_grid,
    type_bits,
    unknown_types,
    ignored_on_input,
    doubled,
    reversed,
    cut_attributes,
    many_attributes,
    filter_outside_dumps,
    wrong_on_get_and_delete,
];


fn new(name: &str) -> Msg {
    Msg::new(NEW, ADD).name(name.as_bytes())
}

/// Sends each request, records the reply and the table that it leaves.
fn each(t: &mut Test, requests: impl IntoIterator<Item = (String, Msg)>) {
    let s = Sock::open();
    for (step, msg) in requests {
        let reply = t.exchange(&step, &s, &msg);
        assert!(reply.send == 0 && reply.recv.is_empty(), "{step}");
        let table = s.exchange(&Msg::new(GET, LIST));
        t.obs(format!("{step}-table"), &table);
        s.exchange(&Msg::new(DEL, REQUEST));
    }
}

fn lengths(kind: u16, label: &str) -> Vec<(String, Msg)> {
    let payload: Vec<u8> = (1..=20).collect();
    (0..=13usize)
        .chain([16, 20])
        .map(|len| {
            let msg = new("n").attr(kind, &payload[..len]);
            (format!("{label}-{len}"), msg)
        })
        .collect()
}

fn counter_lengths(t: &mut Test) {
    each(t, lengths(PKTS, "pkts").into_iter().chain(lengths(BYTES, "bytes")));
}

fn flags_lengths(t: &mut Test) {
    let payload = [0, 0, 0, 1, 0, 0, 0, 2];
    each(
        t,
        (0..=8usize).map(|len| {
            let msg = new("n").attr(FLAGS, &payload[..len]).be64(QUOTA, 9);
            (format!("flags-{len}"), msg)
        }),
    );
}

fn quota_lengths(t: &mut Test) {
    let requests = lengths(QUOTA, "quota").into_iter().flat_map(|(step, msg)| {
        let limited = msg.clone().be32(FLAGS, F_PKTS);
        [(step.clone(), msg), (format!("{step}-flags"), limited)]
    });
    each(t, requests);
}

/// Every flag value that means something, with and without a quota.
fn flag_values(t: &mut Test) {
    let values = (0..16)
        .chain([0x0100_0000, 0x0200_0000, 0x8000_0000, u32::MAX])
        .flat_map(|value| {
            let msg = new("n").be32(FLAGS, value);
            [
                (format!("{value:x}"), msg.clone()),
                (format!("{value:x}-quota"), msg.be64(QUOTA, 9)),
            ]
        });
    each(t, values);
}

/// Which of the four optional attributes are there.
fn quota_grid(t: &mut Test) {
    let grid = (0..5u32).flat_map(|flags| {
        (0..8u32).map(move |bits| {
            let mut msg = new("n");
            if bits & 1 != 0 {
                msg = msg.be64(PKTS, 3);
            }
            if bits & 2 != 0 {
                msg = msg.be64(BYTES, 5);
            }
            if bits & 4 != 0 {
                msg = msg.be64(QUOTA, 7);
            }
            if flags < 4 {
                msg = msg.be32(FLAGS, flags);
            }
            (format!("{flags}-{bits}"), msg)
        })
    });
    each(t, grid);
}

/// The two type bits on every attribute.
fn type_bits(t: &mut Test) {
    let bits = [
        ("nested", NESTED),
        ("order", NET_BYTEORDER),
        ("both", NESTED | NET_BYTEORDER),
    ];
    let requests = bits.into_iter().flat_map(|(label, bit)| {
        [
            ("name", Msg::new(NEW, ADD).attr(NAME | bit, b"n\0")),
            ("pkts", new("n").be64(PKTS | bit, 3)),
            ("bytes", new("n").be64(BYTES | bit, 4)),
            (
                "flags",
                new("n").be32(FLAGS | bit, F_BYTES).be64(QUOTA, 5),
            ),
            (
                "quota",
                new("n").be32(FLAGS, F_BYTES).be64(QUOTA | bit, 5),
            ),
        ]
        .map(|(kind, msg)| (format!("{label}-{kind}"), msg))
    });
    each(t, requests);
}

fn unknown_types(t: &mut Test) {
    let kinds = [0u16, 9, 10, 64, 255, 0x3fff, 0x8009, 0x4009, 0xffff];
    let requests = kinds.into_iter().flat_map(|kind| {
        [0usize, 1, 8].map(|len| {
            let msg = new("n").attr(kind, &[0xaa; 8][..len]).counters(1, 2);
            (format!("{kind:x}-{len}"), msg)
        })
    });
    each(t, requests);
}

/// USE and PAD belong to replies: accepted in requests, and ignored.
fn ignored_on_input(t: &mut Test) {
    let requests = [USE, PAD].into_iter().flat_map(|kind| {
        [0usize, 1, 4, 8, 32].map(|len| {
            let msg = new("n").attr(kind, &[0xff; 32][..len]);
            (format!("{kind}-{len}"), msg)
        })
    });
    each(t, requests);
}

/// Of an attribute that comes twice, the last one counts.
fn doubled(t: &mut Test) {
    let requests = [
        ("name", new("first").name(b"second")),
        ("pkts", new("n").be64(PKTS, 1).be64(PKTS, 2)),
        (
            "flags",
            new("n").be32(FLAGS, 1).be32(FLAGS, 2).be64(QUOTA, 9),
        ),
        ("good-bad", new("n").be64(PKTS, 1).attr(PKTS, &[1])),
        ("bad-good", new("n").attr(PKTS, &[1]).be64(PKTS, 1)),
        ("empty-name", new("n").attr(NAME, b"")),
        ("nul-name", new("n").name(b"")),
    ];
    each(t, requests.map(|(step, msg)| (step.to_string(), msg)));
}

fn reversed(t: &mut Test) {
    let msg = Msg::new(NEW, ADD)
        .be64(QUOTA, 4)
        .be32(FLAGS, F_PKTS)
        .be64(BYTES, 3)
        .be64(PKTS, 2)
        .name(b"n");
    each(t, [("all".to_string(), msg)]);
}

/// Length fields of attributes that do not fit.
fn cut_attributes(t: &mut Test) {
    let mut requests = Vec::new();
    for claim in [0u16, 1, 3, 4, 5, 7, 8, 11, 13, 16, 0x7fff, 0xffff] {
        let msg = new("n").attr_claim(PKTS, claim, &7u64.to_be_bytes());
        requests.push((format!("last-{claim}"), msg));
        let msg = new("n")
            .attr_claim(PKTS, claim, &7u64.to_be_bytes())
            .be64(BYTES, 8);
        requests.push((format!("inner-{claim}"), msg));
        let msg = Msg::new(NEW, ADD).attr_claim(NAME, claim, b"name\0");
        requests.push((format!("name-{claim}"), msg));
    }
    for tail in 1..=7usize {
        let msg = new("n").raw(&[0, 0, 9, 9, 9, 9, 9][..tail]);
        requests.push((format!("tail-{tail}"), msg));
    }
    each(t, requests);
}

fn many_attributes(t: &mut Test) {
    let mut msg = new("n");
    for n in 0..2000u64 {
        msg = msg.be64(PKTS, n);
    }
    let s = Sock::open();
    t.expect("new", &s, &msg, "0");
    let acct = Acct { sock: s };
    assert_eq!(acct.counts("n").0, 1999);
}

/// FILTER means nothing outside a dump, but the policy looks at its frame.
fn filter_outside_dumps(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    for kind in [NEW, GET, CTRZERO, DEL] {
        let base = || Msg::new(kind, ASK | CREATE).name(b"a");
        let inner = attr_bytes(FILTER_MASK, 8, &[0; 4]);
        for (step, msg) in [
            ("good", base().filter(3, 1)),
            ("half", base().attr(FILTER | NESTED, &inner)),
            ("flat", base().attr(FILTER, &inner)),
            ("empty", base().attr(FILTER | NESTED, b"")),
            ("short", base().attr(FILTER | NESTED, &[1])),
            ("junk", base().attr(FILTER | NESTED, &[0xff; 9])),
        ] {
            t.exchange(format!("{kind:x}-{step}"), &acct.sock, &msg);
        }
    }
    t.obs("names", acct.names().join(","));
}

/// The policy is the same for requests that need no values.
fn wrong_on_get_and_delete(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    for kind in [GET, CTRZERO, DEL] {
        let base = || Msg::new(kind, ASK).name(b"a");
        for (step, msg) in [
            ("pkts", base().attr(PKTS, &[1])),
            ("flags", base().be32(FLAGS, 8)),
            ("both-kinds", base().be32(FLAGS, 3)),
            ("quota", base().attr(QUOTA, &[0; 7])),
            ("name", Msg::new(kind, ASK).attr(NAME, b"a")),
        ] {
            t.exchange(format!("{kind:x}-{step}"), &acct.sock, &msg);
        }
    }
    t.obs("names", acct.names().join(","));
}
