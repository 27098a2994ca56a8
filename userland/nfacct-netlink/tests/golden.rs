// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compares with recorded bytes: requests with those of the C library, answers as a C kernel module gave them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

use nfacct_netlink::{
    AcctAttr, Client, Delete, Error, Filter, Get, KernelError, List, Name, NewObject, QuotaKind, Request,
    transport::Recorded,
};

/// The datagrams recorded under `what`.
fn golden(file: &str, what: &str) -> Vec<Vec<u8>> {
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix(what)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("nothing recorded for {what}"));
    line.split(' ').map(unhex).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn name(bytes: impl AsRef<[u8]>) -> Name {
    Name::truncated(bytes)
}

#[test]
fn request_bytes_are_those_of_the_c_library() {
    let file = include_str!("golden/requests.txt");
    let list = |filter| List::new().filter(filter);
    let n1 = NewObject::new(name("n1"));
    let cases: Vec<(&str, Result<Request, Error>)> = vec![
        ("list", List::new().request()),
        ("list reset", List::new().reset().request()),
        ("list counters", list(Filter::PLAIN).request()),
        ("list bytes-quota", list(Filter::BYTE_QUOTA).request()),
        ("list pkts-quota", list(Filter::PACKET_QUOTA).request()),
        ("list overquota", list(Filter::OVER_QUOTA).request()),
        ("list reset overquota", list(Filter::OVER_QUOTA).reset().request()),
        ("add n1", n1.request()),
        ("add n1 byte 1000", n1.quota(QuotaKind::Bytes, 1000).request()),
        (
            "add n1 packet 18446744073709551615",
            n1.quota(QuotaKind::Packets, u64::MAX).request(),
        ),
        ("add 31 bytes", NewObject::new(name([b'x'; 31])).request()),
        ("add 40 bytes", NewObject::new(name([b'x'; 40])).request()),
        ("add empty", NewObject::new(name("")).request()),
        ("add name with byte ff", NewObject::new(name(b"a\xff")).request()),
        ("get n1", Get::new(name("n1")).request()),
        ("get n1 reset", Get::new(name("n1")).reset().request()),
        ("delete n1", Delete::one(name("n1")).request()),
        ("flush", Delete::all_unused().request()),
        ("restore plain", NewObject::new(name("a")).counters(5, 500).request()),
        (
            "restore quota",
            NewObject::new(name("q"))
                .counters(1, 2)
                .quota(QuotaKind::Packets, 3)
                .request(),
        ),
    ];
    let recorded = file.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(cases.len(), recorded, "every recorded request is compared");
    for (what, request) in cases {
        assert_eq!(vec![request.unwrap().encode(0).unwrap()], golden(file, what), "{what}");
    }
}

fn client(what: &str) -> Client<Recorded> {
    let datagrams = golden(include_str!("golden/replies.txt"), what);
    let transport = datagrams
        .iter()
        .fold(Recorded::new(7), |transport, datagram| transport.datagram(datagram));
    Client::with_sequence(transport, 1)
}

fn refusal(result: Result<(), Error>) -> KernelError {
    match result {
        Err(Error::Kernel(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_of_a_real_kernel() {
    client("ack").create(&NewObject::new(name("x"))).unwrap();

    let object = client("get").get(&name("q1")).unwrap();
    assert_eq!((object.name, object.packets, object.bytes), (name("q1"), 0, 0));
    let quota = object.quota.unwrap();
    assert_eq!(
        (quota.kind, quota.limit, quota.exceeded),
        (QuotaKind::Bytes, 1000, false)
    );
    assert_eq!(object.references, Some(1));

    let names: Vec<_> = client("dump")
        .list(&List::new())
        .unwrap()
        .iter()
        .map(|o| o.name)
        .collect();
    assert_eq!(names, ["web", "q1", "x"].map(name));
    assert_eq!(client("empty dump").list(&List::new()).unwrap(), []);
}

#[test]
#[cfg_attr(miri, ignore = "its texts of errors are not those of libc")]
fn refusals_of_a_real_kernel() {
    let busy = refusal(client("busy").create(&NewObject::new(name("web"))));
    assert_eq!((busy.errno, busy.message), (16, None));

    let missing = refusal(client("no such object").get(&name("nosuch")).map(|_| ()));
    assert_eq!(missing.errno, 2);
    assert_eq!(missing.to_string(), "No such file or directory");

    // The library cannot send a name this long, so the kernel's answer meets a shorter request here.
    let long = refusal(client("name too long").create(&NewObject::new(name("n"))));
    assert_eq!(long.errno, 22);
    assert_eq!(long.message.as_deref(), Some("Attribute failed policy validation"));
    assert_eq!(long.attribute, Some(AcctAttr::Name));
    assert_eq!(
        long.to_string(),
        "Invalid argument (Attribute failed policy validation) [attribute Name]"
    );

    let plain = refusal(client("name too long, no extended ack").create(&NewObject::new(name("n"))));
    assert_eq!((plain.errno, plain.message, plain.attribute), (22, None, None));

    let counter = refusal(client("bad counter").create(&NewObject::new(name("y"))));
    assert_eq!((counter.errno, counter.attribute), (34, Some(AcctAttr::Packets)));
}
