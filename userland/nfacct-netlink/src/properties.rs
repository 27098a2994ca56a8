// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests and answers there and back, and the readers against the loops that the kernel's headers have for it.

use neli::consts::nl::NlmF;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::Index,
    test_runner::{RngAlgorithm, RngSeed},
};

use crate::{
    AcctAttr, Error, Filter, Flags, KernelError, List, Name, NewObject, ObjectRef, QuotaKind,
    attr::attributes,
    framing::{HEADER, messages},
    message::NFGENMSG,
    name::NAME_MAX,
};

/// A few cases from a simple generator under Miri, which is slow. Every run has the same ones, unless
/// `PROPTEST_RNG_SEED` is set. Failures are printed, not kept in files.
fn cases(cases: u32) -> ProptestConfig {
    let (cases, rng_algorithm) = if cfg!(miri) {
        (4, RngAlgorithm::XorShift)
    } else {
        (cases, RngAlgorithm::default())
    };
    ProptestConfig {
        cases,
        rng_algorithm,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One attribute with its padding; `lie` is added to its length.
fn attr(kind: u16, payload: &[u8], lie: u16) -> Vec<u8> {
    let len = u16::try_from(4 + payload.len()).unwrap().wrapping_add(lie);
    let mut bytes = [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0xee);
    bytes
}

fn attrs(all: &[(u16, Vec<u8>)]) -> Vec<u8> {
    all.iter().flat_map(|(kind, payload)| attr(*kind, payload, 0)).collect()
}

/// Attributes of any type, whose lengths are mostly right; then cut, or not.
fn noisy_attrs() -> impl Strategy<Value = Vec<u8>> {
    let lie = prop_oneof![8 => Just(0), 1 => Just(1), 1 => any::<u16>()];
    let one = (any::<u16>(), vec(any::<u8>(), 0..12), lie);
    (vec(one, 0..5), any::<Index>(), any::<bool>()).prop_map(|(all, cut, whole)| {
        let mut bytes: Vec<u8> = all
            .iter()
            .flat_map(|(kind, payload, lie)| attr(*kind, payload, *lie))
            .collect();
        if !whole {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes
    })
}

/// `nla_for_each_attr()`: type, offset and length of each payload, and how much is left over.
fn nla_for_each_attr(bytes: &[u8]) -> (Vec<(u16, usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    while bytes.len() - at >= 4 {
        let half = |at: usize| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
        let len = usize::from(half(at));
        if len < 4 || len > bytes.len() - at {
            break;
        }
        found.push((half(at + 2) & 0x3fff, at + 4, len - 4));
        at = (at + len.div_ceil(4) * 4).min(bytes.len());
    }
    (found, bytes.len() - at)
}

/// `NLMSG_OK()` and `NLMSG_NEXT()`: type, offset and length of each payload, and how much is left over.
fn nlmsg_for_each(bytes: &[u8]) -> (Vec<(u16, usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    while bytes.len() - at >= 16 {
        let len = u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        if len < 16 || len > bytes.len() - at {
            break;
        }
        found.push((u16::from_ne_bytes([bytes[at + 4], bytes[at + 5]]), at + 16, len - 16));
        at = (at + len.div_ceil(4) * 4).min(bytes.len());
    }
    (found, bytes.len() - at)
}

fn name() -> impl Strategy<Value = Name> {
    vec(1u8.., 1..=NAME_MAX).prop_map(|bytes| Name::new(bytes).unwrap())
}

fn quota() -> impl Strategy<Value = Option<(QuotaKind, u64)>> {
    option::of((
        prop_oneof![Just(QuotaKind::Packets), Just(QuotaKind::Bytes)],
        any::<u64>(),
    ))
}

fn object(name: Name, packets: u64, bytes: u64, quota: Option<(QuotaKind, u64)>) -> NewObject {
    let object = NewObject::new(name).counters(packets, bytes);
    quota.map_or(object, |(kind, limit)| object.quota(kind, limit))
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn attributes_are_those_that_the_kernel_would_see(bytes in noisy_attrs()) {
        let (expected, left) = nla_for_each_attr(&bytes);
        let mut found = Vec::new();
        let mut malformed = false;
        for attr in attributes(&bytes) {
            prop_assert!(!malformed, "nothing comes after an error");
            match attr {
                Ok(attr) => {
                    let at = attr.payload.as_ptr().addr() - bytes.as_ptr().addr();
                    found.push((attr.kind, at, attr.payload.len()));
                }
                Err(_) => malformed = true,
            }
        }
        prop_assert_eq!((found, malformed), (expected, left >= 4));
    }

    #[test]
    fn messages_are_those_that_the_kernel_s_macros_see(
        parts in vec((any::<u16>(), noisy_attrs(), prop_oneof![8 => Just(0), 1 => Just(1), 1 => any::<u32>()]), 0..4),
        tail in vec(any::<u8>(), 0..20), with_tail: bool
    ) {
        let mut bytes = Vec::new();
        for (kind, payload, lie) in parts {
            let len = u32::try_from(16 + payload.len()).unwrap().wrapping_add(lie);
            bytes.extend([&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], &payload].concat());
            bytes.resize(bytes.len().next_multiple_of(4), 0xee);
        }
        if with_tail {
            bytes.extend(tail);
        }
        let (expected, left) = nlmsg_for_each(&bytes);
        let mut found = Vec::new();
        let mut malformed = false;
        for message in messages(&bytes) {
            prop_assert!(!malformed, "nothing comes after an error");
            match message {
                Ok(message) => {
                    let at = message.payload.as_ptr().addr() - bytes.as_ptr().addr();
                    found.push((message.kind, at, message.payload.len()));
                }
                Err(_) => malformed = true,
            }
        }
        prop_assert_eq!((found, malformed), (expected, left > 0));
    }

    #[test]
    fn what_the_kernel_reports_is_what_is_read(
        name in name(), packets: u64, bytes: u64, references: Option<u32>,
        quota in option::of((0..8u32, any::<u64>())),
        unknown in (8..0x3fffu16, vec(any::<u8>(), 0..9)), order in Just([0, 1, 2, 3, 4, 5, 6]).prop_shuffle()
    ) {
        let all = [
            Some((1, [name.as_bytes(), b"\0"].concat())),
            Some((2, packets.to_be_bytes().to_vec())),
            Some((3, bytes.to_be_bytes().to_vec())),
            references.map(|references| (4, references.to_be_bytes().to_vec())),
            quota.map(|(flags, _)| (5, flags.to_be_bytes().to_vec())),
            quota.map(|(_, limit)| (6, limit.to_be_bytes().to_vec())),
            Some(unknown),
        ];
        let all: Vec<_> = order.into_iter().filter_map(|index| all[index].clone()).collect();
        let payload = [vec![0; NFGENMSG], attrs(&all)].concat();
        let object = ObjectRef::parse(&payload).unwrap();
        prop_assert_eq!((object.name, object.packets, object.bytes), (name.as_bytes(), packets, bytes));
        prop_assert_eq!(object.references, references);
        prop_assert_eq!(object.rules(), references.map(|references| references.max(1) - 1));
        prop_assert_eq!(object.quota.map(|quota| quota.limit), quota.map(|(_, limit)| limit));
        if let (Some(found), Some((flags, _))) = (object.quota, quota) {
            let kind = match flags & 3 {
                0 => QuotaKind::Unknown,
                1 => QuotaKind::Packets,
                _ => QuotaKind::Bytes,
            };
            prop_assert_eq!((found.kind, found.exceeded), (kind, flags >= 4));
            let counter = [None, Some(packets), Some(bytes), Some(bytes)][flags as usize & 3];
            prop_assert_eq!(object.quota_counter(), counter);
        }
        let owned = object.to_object();
        prop_assert_eq!(owned.as_ref(), object);
    }

    #[test]
    fn a_request_can_be_read_back(
        name in name(), packets: u64, bytes: u64, quota in quota(), replace: bool, seq: u32
    ) {
        let wanted = object(name, packets, bytes, quota);
        let wanted = if replace { wanted.replace() } else { wanted };
        let datagram = wanted.request().unwrap().encode(seq).unwrap();
        let all: Vec<_> = messages(&datagram).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(all.len(), 1);
        prop_assert_eq!((all[0].kind, all[0].seq, all[0].port), (0x700, seq, 0));
        // REQUEST, ACK, CREATE and REPLACE
        prop_assert_eq!(all[0].flags.bits(), 0x405 | if replace { 0x100 } else { 0 });
        let found = ObjectRef::parse(all[0].payload).unwrap();
        prop_assert_eq!((found.name, found.packets, found.bytes), (name.as_bytes(), packets, bytes));
        let found = found.quota.map(|quota| (quota.kind, quota.limit, quota.exceeded));
        prop_assert_eq!(found, quota.map(|(kind, limit)| (kind, limit, false)));
    }

    #[test]
    fn a_filter_can_be_read_back(mask: u32, value: u32, reset: bool) {
        let list = List::new().filter(Filter { mask: Flags(mask), value: Flags(value) });
        let list = if reset { list.reset() } else { list };
        let datagram = list.request().unwrap().encode(1).unwrap();
        let all: Vec<_> = messages(&datagram).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!((all.len(), all[0].kind), (1, if reset { 0x702 } else { 0x701 }));
        let outer: Vec<_> = attributes(&all[0].payload[NFGENMSG..]).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!((outer.len(), outer[0].kind), (1, 7));
        let inner = attributes(outer[0].payload).map(|attr| attr.map(|attr| (attr.kind, attr.payload.to_vec())));
        let inner: Vec<_> = inner.collect::<Result<_, Error>>().unwrap();
        prop_assert_eq!(inner, [(1, mask.to_be_bytes().to_vec()), (2, value.to_be_bytes().to_vec())]);
    }

    #[test]
    fn a_refusal_says_what_the_kernel_said(
        name in name(), quota in quota(), text in "[^\\x00]{0,40}", offset in 0..120u32,
        missing in option::of(1..8u16), capped: bool
    ) {
        let request = object(name, 1, 2, quota).request().unwrap().encode(1).unwrap();
        // The bytes that each attribute covers, padding included.
        let start = HEADER + NFGENMSG;
        let (found, _) = nla_for_each_attr(&request[start..]);
        let covers = |(_, at, len): &&(u16, usize, usize)| {
            let first = start + at - 4;
            (first..first + (4 + len).div_ceil(4) * 4).contains(&(offset as usize))
        };
        let expected = found.iter().find(covers).map(|(kind, ..)| AcctAttr::from(*kind));

        let mut tlvs = vec![(1, [text.as_bytes(), b"\0"].concat()), (2, offset.to_ne_bytes().to_vec())];
        tlvs.extend(missing.map(|missing| (5, u32::from(missing).to_ne_bytes().to_vec())));
        // Behind the number: the request, or only its header, then the explanation.
        let repeated = if capped { &request[..HEADER] } else { &request[..] };
        let message = [repeated, &attrs(&tlvs)].concat();
        let flags = if capped { NlmF::ACK_TLVS | NlmF::CAPPED } else { NlmF::ACK_TLVS };
        let error = KernelError::new(22, KernelError::tlvs(flags, &message, true), &request);
        prop_assert_eq!(error.message.as_deref(), Some(&text[..]));
        prop_assert_eq!(error.attribute, expected);
        prop_assert_eq!(error.missing, missing.map(AcctAttr::from));
        prop_assert_eq!(KernelError::tlvs(NlmF::empty(), &message, true), b"");
        prop_assert_eq!(KernelError::tlvs(flags, &message, false), &message[..]);
    }

    #[test]
    fn names_are_cut_as_strncpy_does(bytes in vec(prop_oneof![3 => Just(b'a'), 1 => any::<u8>()], 0..40)) {
        let mut field = [0; NAME_MAX + 1];
        for (to, from) in field[..NAME_MAX].iter_mut().zip(bytes.iter().take_while(|byte| **byte != 0)) {
            *to = *from;
        }
        let len = field.iter().position(|byte| *byte == 0).unwrap();
        let name = Name::truncated(&bytes);
        prop_assert_eq!(name.as_bytes(), &field[..len]);
        let is_name = !bytes.is_empty() && len == bytes.len();
        prop_assert_eq!(Name::new(&bytes).is_ok(), is_name);
    }
}
