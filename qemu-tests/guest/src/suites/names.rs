// SPDX-License-Identifier: GPL-2.0-only
//! Object names: lengths, NULs and raw bytes.

use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Sock};

cases![
    lengths,
    empty,
    embedded_nul,
    every_byte,
    every_byte_at_the_end,
    full_length_neighbours,
    prefixes_differ,
    order_is_creation_order,
    hostile_strings,
];


/// 31 bytes and a NUL is the longest name.
fn lengths(t: &mut Test) {
    let s = Sock::open();
    let text = [b'x'; 64];
    for len in [0usize, 1, 2, 3, 15, 16, 29, 30, 31, 32, 33, 34, 63] {
        let plain = Msg::new(NEW, ADD).attr(NAME, &text[..len]);
        let got = t.exchange(format!("{len}-bare"), &s, &plain).outcome();
        assert_ne!(got, "0", "no NUL, length {len}");
        let msg = Msg::new(NEW, ADD).name(&text[..len]);
        let got = t.exchange(format!("{len}-nul"), &s, &msg).outcome();
        assert_eq!(got == "0", (1..=31).contains(&len), "length {len}");
        for kind in [GET, CTRZERO, DEL] {
            let bare = Msg::new(kind, ASK).attr(NAME, &text[..len]);
            t.exchange(format!("{len}-bare-{kind:x}"), &s, &bare);
            let msg = Msg::new(kind, ASK).name(&text[..len]);
            t.exchange(format!("{len}-{kind:x}"), &s, &msg);
        }
    }
}

fn empty(t: &mut Test) {
    let s = Sock::open();
    for (kind, want) in [
        (NEW, "EINVAL"),
        (GET, "ENOENT"),
        (CTRZERO, "ENOENT"),
        (DEL, "ENOENT"),
    ] {
        t.expect(format!("{kind:x}"), &s, &Msg::new(kind, ASK).name(b""), want);
    }
    let lead = Msg::new(NEW, ADD).attr(NAME, b"\0abc\0");
    t.expect("leading-nul", &s, &lead, "EINVAL");
}

/// A name ends at its first NUL; what follows is not part of it.
fn embedded_nul(t: &mut Test) {
    let acct = Acct::open();
    let s = &acct.sock;
    let with = |kind, flags, name: &[u8]| Msg::new(kind, flags).attr(NAME, name);
    t.expect("new", s, &with(NEW, ADD, b"foo\0bar\0"), "0");
    t.expect("excl", s, &with(NEW, ASK | EXCL, b"foo\0bar"), "EEXIST");
    t.expect("other-tail", s, &with(NEW, ADD, b"foo\0qux\0"), "EBUSY");
    t.expect("get", s, &with(GET, ASK, b"foo\0zzz\0"), "object,0");
    assert_eq!(acct.names(), ["foo"]);
    t.expect("del", s, &with(DEL, ASK, b"foo\0\0\0\0\0"), "0");
    // The policy measures the attribute up to its first NUL, but only within
    // the permitted length, and wants a NUL in that range.
    for len in [31usize, 32, 33, 34, 40] {
        let mut early = vec![b'y'; len];
        early[3] = 0;
        t.exchange(format!("early-{len}"), s, &with(NEW, ADD, &early));
        early[len - 1] = 0;
        t.exchange(format!("early-nul-{len}"), s, &with(NEW, ADD, &early));
    }
    t.obs("names", acct.names().join(","));
}

fn every_byte(t: &mut Test) {
    let acct = Acct::open();
    for byte in 1..=255u8 {
        let reply = acct.sock.exchange(&Msg::new(NEW, ADD).name(&[byte]));
        assert_eq!(reply.outcome(), "0", "byte {byte}");
    }
    let listed: Vec<u8> = acct.list().iter().map(|o| o.name[0]).collect();
    assert_eq!(listed, (1..=255).collect::<Vec<u8>>());
    for byte in 1..=255u8 {
        let reply = acct.sock.exchange(&Msg::new(GET, ASK).name(&[byte]));
        assert_eq!(reply.objects()[0].name, [byte]);
        let reply = acct.sock.exchange(&Msg::new(DEL, ASK).name(&[byte]));
        assert_eq!(reply.outcome(), "0", "byte {byte}");
    }
    t.obs("left", acct.names().len());
}

fn every_byte_at_the_end(t: &mut Test) {
    let acct = Acct::open();
    for byte in 1..=255u8 {
        let mut name = [b'n'; 31];
        name[30] = byte;
        let reply = acct.sock.exchange(&Msg::new(NEW, ADD).name(&name));
        assert_eq!(reply.outcome(), "0", "byte {byte}");
    }
    let dump = acct.sock.exchange(&Msg::new(GET, LIST));
    assert_eq!(dump.objects().len(), 255);
    t.obs("dump", dump.digest());
}

/// Names of the full length that differ in one position only.
fn full_length_neighbours(t: &mut Test) {
    let acct = Acct::open();
    let name = |at: usize| {
        let mut name = "a".repeat(31);
        name.replace_range(at..=at, "b");
        name
    };
    for at in 0..31 {
        acct.add_at(&name(at), at as u64, 0);
    }
    for at in 0..31 {
        assert_eq!(acct.counts(&name(at)).0, at as u64);
    }
    assert_eq!(acct.del(&"a".repeat(31)), libc::ENOENT);
    assert_eq!(acct.del(&name(15)), 0);
    t.obs("names", acct.names().len());
}

fn prefixes_differ(t: &mut Test) {
    let acct = Acct::open();
    for len in 1..=31 {
        acct.add_at(&"p".repeat(len), len as u64, 0);
    }
    for len in 1..=31 {
        assert_eq!(acct.counts(&"p".repeat(len)).0, len as u64);
    }
    assert_eq!(acct.find("P"), None, "case counts");
    t.obs("names", acct.names().join(","));
}

/// Deleted and created again means last.
fn order_is_creation_order(t: &mut Test) {
    let acct = Acct::open();
    let mut names: Vec<String> = (0..300).map(|n| format!("o{}", (n * 7) % 300)).collect();
    for name in &names {
        acct.add(name);
    }
    assert_eq!(acct.names(), names);
    for at in [0, 150, 298] {
        let name = names.remove(at);
        assert_eq!(acct.del(&name), 0);
        acct.add(&name);
        names.push(name);
    }
    assert_eq!(acct.names(), names);
    let dump = acct.sock.exchange(&Msg::new(GET, LIST));
    t.obs("dump", dump.digest());
}

fn hostile_strings(t: &mut Test) {
    let acct = Acct::open();
    let names: [&[u8]; 9] = [
        b"%s%n%x",
        b"../../etc",
        b"a b\tc\nd",
        b"\x1b[31mred",
        b"\xff\xfe\xc3\x28",
        b"--help",
        b"{ pkts = 1 };",
        b"\x01",
        b"\xe2\x98\x83",
    ];
    for (n, name) in names.into_iter().enumerate() {
        t.expect(n, &acct.sock, &Msg::new(NEW, ADD).name(name), "0");
    }
    let dump = t.exchange("dump", &acct.sock, &Msg::new(GET, LIST));
    let listed: Vec<_> = dump.objects().into_iter().map(|o| o.name).collect();
    assert_eq!(listed, names);
}
