// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a netlink client must get right when answers are late, foreign, cut, interrupted or malformed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

use nfacct_netlink::{Client, Error, List, Monitor, Name, SocketStep, transport::Recorded};

const ENOBUFS: i32 = 105;
const EINTR: i32 = 4;
const MULTI: u16 = 2;
const DUMP_INTR: u16 = 0x10;

fn message(kind: u16, flags: u16, seq: u32, port: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + payload.len()).unwrap();
    [
        &len.to_ne_bytes()[..],
        &kind.to_ne_bytes(),
        &flags.to_ne_bytes(),
        &seq.to_ne_bytes(),
        &port.to_ne_bytes(),
        payload,
    ]
    .concat()
}

/// A plain object called `n`.
fn object(flags: u16, seq: u32, port: u32) -> Vec<u8> {
    let payload = b"\0\0\0\0\x06\0\x01\0n\0\0\0\x0c\0\x02\0\0\0\0\0\0\0\0\x05\x0c\0\x03\0\0\0\0\0\0\0\0\x09";
    message(0x700, flags, seq, port, payload)
}

fn done(flags: u16, seq: u32, code: i32) -> Vec<u8> {
    message(3, flags, seq, 7, &code.to_ne_bytes())
}

fn ack(seq: u32, code: i32) -> Vec<u8> {
    message(2, 0x100, seq, 7, &[&code.to_ne_bytes()[..], &[0; 16]].concat())
}

fn client(transport: Recorded) -> Client<Recorded> {
    Client::with_sequence(transport, 1)
}

fn n() -> Name {
    Name::new("n").unwrap()
}

#[test]
fn a_dump_may_span_datagrams() {
    let transport = Recorded::new(7)
        .datagram(&[object(MULTI, 1, 7), object(MULTI, 1, 7)].concat())
        .datagram(&[object(MULTI, 1, 7), done(MULTI, 1, 0)].concat());
    assert_eq!(client(transport).list(&List::new()).unwrap().len(), 3);
}

#[test]
fn done_may_carry_an_error() {
    let transport = Recorded::new(7).datagram(&[object(MULTI, 1, 7), done(MULTI, 1, -12)].concat());
    let mut seen = 0;
    let result = client(transport).for_each(&List::new(), |_| seen += 1);
    assert!(matches!(result, Err(Error::Kernel(e)) if e.errno == 12));
    assert_eq!(seen, 1, "what came before the error is delivered");
}

#[test]
fn an_error_in_the_middle_of_a_dump_ends_it() {
    let transport = Recorded::new(7).datagram(&[object(MULTI, 1, 7), ack(1, -1)].concat());
    assert!(matches!(client(transport).list(&List::new()), Err(Error::Kernel(e)) if e.errno == 1));
}

#[test]
fn the_end_of_the_answers_without_done_is_an_error() {
    let transport = Recorded::new(7).datagram(&object(MULTI, 1, 7));
    let result = client(transport).list(&List::new());
    assert!(matches!(
        result,
        Err(Error::Socket {
            step: SocketStep::Receive,
            ..
        })
    ));
}

#[test]
fn an_interrupted_dump_is_told_at_its_end() {
    for flags in [MULTI | DUMP_INTR, MULTI] {
        let transport = Recorded::new(7)
            .datagram(&object(flags, 1, 7))
            .datagram(&[object(MULTI, 1, 7), done(MULTI | DUMP_INTR, 1, 0)].concat());
        let mut seen = 0;
        let result = client(transport).for_each(&List::new(), |_| seen += 1);
        assert!(matches!(result, Err(Error::DumpInterrupted)));
        assert_eq!(seen, 2);
    }
}

#[test]
fn interrupted_calls_are_repeated() {
    let transport = Recorded::new(7)
        .errno(EINTR)
        .datagram(&object(MULTI, 1, 7))
        .errno(EINTR)
        .errno(EINTR)
        .datagram(&ack(1, 0));
    assert_eq!(client(transport).get(&n()).unwrap().packets, 5);
}

#[test]
fn a_full_queue_is_typed_and_leftovers_are_dropped() {
    let transport = Recorded::new(7)
        .errno(ENOBUFS)
        .datagram(&[object(MULTI, 1, 7), done(MULTI, 1, 0)].concat())
        .datagram(&[object(MULTI, 2, 7), ack(2, 0)].concat());
    let mut client = client(transport);
    assert!(matches!(client.list(&List::new()), Err(Error::Overrun)));
    assert_eq!(client.get(&n()).unwrap().bytes, 9);
}

/// Names of the objects that a list with reset delivers, and how it ended.
fn reset(transport: Recorded) -> (Vec<Vec<u8>>, Result<(), Error>) {
    let mut seen = Vec::new();
    let result = client(transport).for_each(&List::new().reset(), |object| seen.push(object.name.to_vec()));
    (seen, result)
}

#[test]
fn after_an_error_a_reset_is_read_to_its_end() {
    let good = || object(MULTI, 1, 7);
    let end = || [good(), done(MULTI, 1, 0)].concat();
    let nameless = message(0x700, MULTI, 1, 7, &[0; 4]);
    let cut = [4, 0, 0, 0];
    let of_others = [object(MULTI, 1, 8), object(MULTI, 2, 7)].concat();
    for bad in [&nameless[..], &cut, &of_others, &vec![0; 32 * 1024 + 4]] {
        let transport = Recorded::new(7)
            .datagram(&good())
            .datagram(bad)
            .errno(EINTR)
            .datagram(&good())
            .errno(ENOBUFS)
            .datagram(&end());
        let (seen, result) = reset(transport);
        assert_eq!((seen.len(), result.is_err()), (3, true), "{result:?}");
        assert!(!matches!(result, Err(Error::Overrun)), "the first error is told");
    }
    // Without a reset there is nothing to save, and what comes may be wrong as well.
    let mut seen = 0;
    let transport = Recorded::new(7).datagram(&nameless).datagram(&end());
    assert!(client(transport).for_each(&List::new(), |_| seen += 1).is_err());
    assert_eq!(seen, 0);
}

#[test]
fn a_failed_reset_waits_for_nothing() {
    const EAGAIN: i32 = 11;
    let transport = Recorded::new(7)
        .datagram(&object(MULTI, 1, 7))
        .errno(ENOBUFS)
        .datagram(&object(MULTI, 1, 7))
        .errno(EAGAIN);
    let (seen, result) = reset(transport);
    assert!(seen.len() == 2 && matches!(result, Err(Error::Overrun)), "{result:?}");
    // The kernel ends it with an error of its own.
    let transport = Recorded::new(7).errno(ENOBUFS).datagram(&ack(1, -12));
    assert!(matches!(reset(transport).1, Err(Error::Overrun)));
}

#[test]
fn an_object_that_was_read_is_delivered_whatever_follows() {
    for transport in [
        Recorded::new(7).datagram(&object(MULTI, 1, 7)).errno(ENOBUFS),
        Recorded::new(7).errno(ENOBUFS).datagram(&object(MULTI, 1, 7)),
        Recorded::new(7).datagram(&[object(MULTI, 1, 7), vec![1, 0, 0, 0]].concat()),
    ] {
        assert_eq!(client(transport).take(&n()).unwrap().packets, 5);
    }
}

#[test]
fn a_receive_that_gives_up_is_an_error_of_its_own() {
    const EAGAIN: i32 = 11;
    let transport = Recorded::new(7).datagram(&object(MULTI, 1, 7)).errno(EAGAIN);
    let result = client(transport).list(&List::new());
    assert_eq!(result.unwrap_err().errno(), EAGAIN);
}

#[test]
fn a_number_that_was_never_used_is_an_error() {
    for seq in [0, 2, u32::MAX] {
        let transport = Recorded::new(7).datagram(&ack(seq, 0));
        let result = client(transport).delete(&n());
        assert!(matches!(result, Err(Error::Sequence { expected: 1, found }) if found == seq));
    }
}

#[test]
fn numbers_may_wrap() {
    let transport = Recorded::new(7).datagram(&ack(u32::MAX, 0)).datagram(&ack(0, 0));
    let mut client = Client::with_sequence(transport, u32::MAX);
    client.delete(&n()).unwrap();
    client.delete_all().unwrap();
    assert_eq!(client.transport().sent().len(), 2);
}

#[test]
fn an_answer_for_another_port_is_an_error() {
    let transport = Recorded::new(7).datagram(&object(MULTI, 1, 8));
    let result = client(transport).get(&n());
    assert!(matches!(result, Err(Error::Port { expected: 7, found: 8 })));
}

#[test]
fn other_processes_cannot_answer() {
    let transport = Recorded::new(7)
        .datagram_from(99, &ack(1, -22))
        .datagram_from(7, &ack(1, -22))
        .datagram(&ack(1, 0));
    client(transport).delete(&n()).unwrap();
}

#[test]
fn a_cut_datagram_is_detected() {
    let transport = Recorded::new(7).datagram(&vec![0; 32 * 1024 + 4]);
    let result = client(transport).list(&List::new());
    assert!(matches!(
        result,
        Err(Error::Truncated {
            len: 32772,
            room: 32768
        })
    ));
}

#[test]
fn lengths_and_types_that_cannot_be() {
    let cases: [&[u8]; 6] = [
        &[4, 0, 0, 0],
        &[0; 16],
        &message(2, 0, 1, 7, b""),
        &message(2, 0, 1, 7, b"abc"),
        &message(0x701, MULTI, 1, 7, &[0; 20]),
        &message(0x700, MULTI, 1, 7, &[0; 2]),
    ];
    for bytes in cases {
        let result = client(Recorded::new(7).datagram(bytes)).get(&n());
        assert!(matches!(result, Err(Error::Malformed(_))), "{bytes:?}: {result:?}");
    }
}

#[test]
fn an_ack_without_an_object_is_not_an_object() {
    let result = client(Recorded::new(7).datagram(&ack(1, 0))).get(&n());
    assert!(matches!(result, Err(Error::Malformed(_))));
}

#[test]
fn a_monitor_survives_lost_events_and_ignores_answers() {
    let transport = Recorded::new(7)
        .datagram(&object(MULTI, 1, 7)) // an answer, not an event
        .datagram(&[object(0, 0, 0), object(0, 0, 0)].concat())
        .errno(ENOBUFS)
        .datagram(&message(0x700, 0, 0, 0, &[0; 4]))
        .datagram_from(99, &object(0, 0, 0))
        .datagram(&object(0, 0, 0));
    let mut monitor = Monitor::subscribe(transport).unwrap();
    assert_eq!(monitor.transport().groups(), [8]);
    assert_eq!(monitor.next_event().unwrap().name, n());
    assert_eq!(monitor.next_event().unwrap().name, n());
    assert!(matches!(monitor.next_event(), Err(Error::Overrun)));
    assert!(matches!(monitor.next_event(), Err(Error::Malformed(_))));
    assert_eq!(monitor.next_event().unwrap().name, n());
    assert!(
        matches!(monitor.next_event(), Err(Error::Socket { .. })),
        "end of the recording"
    );
}
