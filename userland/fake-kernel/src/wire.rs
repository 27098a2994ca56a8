// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes in and out, written plainly and independent of the library under test.

use crate::table::{Object, Wanted};

/// Message flags.
pub(crate) const MULTI: u16 = 2;
pub(crate) const ACK: u16 = 4;
pub(crate) const DUMP_INTR: u16 = 0x10;
pub(crate) const REPLACE: u16 = 0x100;
pub(crate) const EXCL: u16 = 0x200;
pub(crate) const DUMP: u16 = 0x300;
const CAPPED: u16 = 0x100;
const ACK_TLVS: u16 = 0x200;

/// A question to `nft_compat`.
pub(crate) const COMPAT: u16 = 0xb00;

/// One request.
pub(crate) struct Message {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) seq: u32,
    pub(crate) wanted: Wanted,
    /// Only in a question about the match.
    pub(crate) revision: Option<u32>,
    pub(crate) raw: Vec<u8>,
}

/// Splits a datagram; a malformed one is a bug of the test or the library, so it panics.
pub(crate) fn parse(mut datagram: &[u8]) -> Vec<Message> {
    let mut all = Vec::new();
    while !datagram.is_empty() {
        let len = u32::from_ne_bytes(take(datagram, 0)) as usize;
        let (raw, next) = datagram.split_at(len);
        assert_eq!(u32::from_ne_bytes(take(raw, 12)), 0, "port of a request");
        let kind = u16::from_ne_bytes(take(raw, 4));
        let (family, rest) = (raw.get(16), raw.get(17..20));
        assert_eq!(rest, Some(&[0; 3][..]), "version and resource id of a request");
        assert_eq!(family == Some(&0), kind != COMPAT, "family of a request");
        let attrs = raw.get(20..).unwrap_or_default();
        all.push(Message {
            kind,
            flags: u16::from_ne_bytes(take(raw, 6)),
            seq: u32::from_ne_bytes(take(raw, 8)),
            wanted: if kind == COMPAT {
                Wanted::default()
            } else {
                wanted(attrs)
            },
            revision: walk(attrs)
                .find(|(attr, _)| kind == COMPAT && *attr == 2)
                .map(|(_, data)| u32::from_be_bytes(exact(data))),
            raw: raw.to_vec(),
        });
        datagram = next;
    }
    all
}

fn wanted(attrs: &[u8]) -> Wanted {
    let mut wanted = Wanted::default();
    for (kind, data) in walk(attrs) {
        match kind {
            1 => {
                let (nul, name) = data.split_last().expect("name attribute without NUL");
                assert_eq!(*nul, 0, "end of the name");
                wanted.name = Some(name.to_vec());
            }
            2 => wanted.packets = u64::from_be_bytes(exact(data)),
            3 => wanted.bytes = u64::from_be_bytes(exact(data)),
            5 => wanted.flags = u32::from_be_bytes(exact(data)),
            6 => wanted.limit = Some(u64::from_be_bytes(exact(data))),
            7 => {
                let part = |wanted| {
                    let found = walk(data).find(|(kind, _)| *kind == wanted);
                    found.map(|(_, data)| u32::from_be_bytes(exact(data)))
                };
                wanted.filter = Some((part(1), part(2)));
            }
            other => panic!("attribute {other} in a request"),
        }
    }
    wanted
}

fn walk(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let len = usize::from(u16::from_ne_bytes(take(bytes, 0)));
        let kind = u16::from_ne_bytes(take(bytes, 2)) & 0x3fff;
        let data = bytes.get(4..len).expect("length of an attribute");
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, data))
    })
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    exact(bytes.get(at..at + N).expect("short message"))
}

fn exact<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("size of an attribute")
}

fn message(kind: u16, flags: u16, seq: u32, port: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + payload.len()).expect("size of a message");
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(seq.to_ne_bytes());
    bytes.extend(port.to_ne_bytes());
    bytes.extend(payload);
    bytes
}

fn put(bytes: &mut Vec<u8>, kind: u16, data: &[u8]) {
    let len = u16::try_from(4 + data.len()).expect("size of an attribute");
    bytes.extend(len.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// An object as the kernel reports it.
pub(crate) fn object(object: &Object, flags: u16, seq: u32, port: u32) -> Vec<u8> {
    let mut payload = vec![0; 4];
    put(&mut payload, 1, &[&object.name[..], &[0]].concat());
    put(&mut payload, 2, &object.packets.to_be_bytes());
    put(&mut payload, 3, &object.bytes.to_be_bytes());
    put(&mut payload, 4, &object.references.to_be_bytes());
    if let Some((flags, limit)) = object.quota {
        put(&mut payload, 5, &flags.to_be_bytes());
        put(&mut payload, 6, &limit.to_be_bytes());
    }
    message(0x700, flags, seq, port, &payload)
}

/// An over-quota event.
pub(crate) fn event(event: &Object) -> Vec<u8> {
    object(event, 0, 0, 0)
}

/// The answer to a question about the match; readers look at nothing in it.
pub(crate) fn compat(seq: u32, port: u32) -> Vec<u8> {
    message(COMPAT, MULTI, seq, port, &[2, 0, 0, 0])
}

/// The end of a dump.
pub(crate) fn done(flags: u16, seq: u32, port: u32) -> Vec<u8> {
    message(3, flags, seq, port, &0i32.to_ne_bytes())
}

/// An ACK (error 0, request cut off), or a refusal with the whole request and an explanation.
pub(crate) fn status(request: &Message, errno: i32, port: u32, explain: bool) -> Vec<u8> {
    if errno == 0 {
        let payload = [&[0; 4], request.raw.get(..16).unwrap_or_default()].concat();
        return message(2, CAPPED, request.seq, port, &payload);
    }
    let mut payload = (-errno).to_ne_bytes().to_vec();
    payload.extend(&request.raw);
    if explain {
        put(&mut payload, 1, b"refused by the fake kernel\0");
    }
    if request.raw.len() > 20 {
        put(&mut payload, 2, &20u32.to_ne_bytes());
    }
    message(2, ACK_TLVS, request.seq, port, &payload)
}
