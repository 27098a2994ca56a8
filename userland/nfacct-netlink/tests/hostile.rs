// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever bytes come, the result is a value or an error: never a panic, never an endless loop.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

use nfacct_netlink::{Client, List, Monitor, Name, NewObject, transport::Recorded};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{RngAlgorithm, RngSeed},
};

/// Recorded exchanges as a starting point: a random change in them gets further than random bytes.
fn recorded() -> Vec<Vec<u8>> {
    include_str!("golden/replies.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(_, hex)| {
            let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
            let text = String::from_utf8(hex).unwrap();
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        })
        .collect()
}

/// Feeds the bytes to every reader.
fn feed(bytes: &[u8]) {
    let client = || Client::with_sequence(Recorded::new(7).datagram(bytes), 1);
    let name = Name::new("web").unwrap();
    let _ = client().get(&name);
    let _ = client().create(&NewObject::new(name));
    for object in client().list(&List::new()).unwrap_or_default() {
        assert!((1..=31).contains(&object.name.as_bytes().len()));
    }
    let mut monitor = Monitor::subscribe(Recorded::new(7).datagram(bytes)).unwrap();
    let _ = monitor.next_event();
}

/// A few cases from a simple generator under Miri, which is slow. Every run has the same ones, unless
/// `PROPTEST_RNG_SEED` is set. Failures are printed, not kept in files.
fn config() -> ProptestConfig {
    let (cases, rng_algorithm) = if cfg!(miri) {
        (4, RngAlgorithm::XorShift)
    } else {
        (256, RngAlgorithm::default())
    };
    ProptestConfig {
        cases,
        rng_algorithm,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes(bytes in vec(any::<u8>(), 0..200)) {
        feed(&bytes);
    }

    #[test]
    fn arbitrary_payloads(kind in 0u16..4, seq in 0u32..2, port in prop_oneof![Just(0u32), Just(7)],
                          flags in any::<u16>(), payload in vec(any::<u8>(), 0..120)) {
        let kind = if kind == 0 { 0x700 } else { kind };
        let len = u32::try_from(16 + payload.len()).unwrap();
        feed(&[&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes(), &seq.to_ne_bytes(),
               &port.to_ne_bytes(), &payload].concat());
    }

    #[test]
    fn changed_recordings(which in any::<prop::sample::Index>(),
                          changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
                          cut in any::<prop::sample::Index>()) {
        let all = recorded();
        let mut bytes = which.get(&all).clone();
        for (at, value) in changes {
            *at.get_mut(&mut bytes) = value;
        }
        let keep = cut.index(bytes.len() * 4).min(bytes.len());
        feed(&bytes[..keep]);
    }
}
