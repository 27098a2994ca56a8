// SPDX-License-Identifier: GPL-2.0-only
//! A seeded generator of requests, right and wrong ones.
//!
//! The same seed gives the same bytes everywhere, so that two implementations
//! can be compared by what they answer.

use super::build::{attr_bytes, batch, Msg};
use super::consts::*;

/// A small generator of pseudo-random numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    /// Starts a sequence; the seed must not be 0.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit
    }

    /// True in `percent` of all cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the given values.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// Names that requests are about: few, so that they meet again.
const NAMES: [&[u8]; 20] = [
    b"a",
    b"b",
    b"c",
    b"d",
    b"e",
    b"f",
    b"g",
    b"h",
    b"used0",
    b"used1",
    b"used2",
    b"x y",
    b"%s",
    b"\xff\x01",
    b"aa",
    b"A",
    b"0123456789012345678901234567890",
    b"012345678901234567890123456789",
    b"",
    b"session-1",
];

fn name(r: &mut Random) -> Vec<u8> {
    let mut name = r.pick(&NAMES).to_vec();
    name.push(0);
    match r.below(40) {
        // No NUL, more NULs, or bytes behind it.
        0 => drop(name.pop()),
        1 => name.extend([0, 0, 0]),
        2 => name.extend(b"tail"),
        3 => name.extend(b"tail\0"),
        4 => name = vec![b'l'; 28 + r.below(10) as usize],
        5 => name.truncate(r.below(4) as usize),
        _ => {}
    }
    name
}

fn number(r: &mut Random) -> u64 {
    match r.below(4) {
        0 => r.below(16),
        1 => u64::MAX - r.below(4),
        2 => 1 << r.below(64),
        _ => r.next(),
    }
}

fn flags_value(r: &mut Random) -> u32 {
    match r.below(10) {
        0..=3 => F_PKTS,
        4..=7 => F_BYTES,
        8 => r.below(9) as u32,
        _ => r.next() as u32,
    }
}

/// Length fields and payloads that do not fit now and then.
fn attribute(r: &mut Random, kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut payload = payload.to_vec();
    if r.chance(5) {
        let len = r.below(24) as usize;
        payload.resize(len, 0x5a);
    }
    let mut claim = payload.len() as u16 + 4;
    if r.chance(1) {
        claim = r.next() as u16 % 64;
    }
    let bits = match r.below(20) {
        0 => NESTED,
        1 => NET_BYTEORDER,
        _ => 0,
    };
    attr_bytes(kind | bits, claim, &payload)
}

fn filter(r: &mut Random) -> Vec<u8> {
    let mut inner = Vec::new();
    for kind in [FILTER_MASK, FILTER_VALUE] {
        if !r.chance(10) {
            let value = r.pick(&[0u32, 1, 2, 3, 4, 7, 0x0100_0000]);
            inner.extend(attribute(r, kind, &value.to_be_bytes()));
        }
    }
    if r.chance(5) {
        let kind = r.below(6) as u16;
        let payload = r.bytes(4);
        inner.extend(attribute(r, kind, &payload));
    }
    attribute(r, FILTER | NESTED, &inner)
}

fn any_attribute(r: &mut Random) -> Vec<u8> {
    match r.below(16) {
        0..=2 => {
            let value = number(r);
            attribute(r, PKTS, &value.to_be_bytes())
        }
        3..=5 => {
            let value = number(r);
            attribute(r, BYTES, &value.to_be_bytes())
        }
        6..=8 => {
            let value = flags_value(r);
            attribute(r, FLAGS, &value.to_be_bytes())
        }
        9..=11 => {
            let value = number(r);
            attribute(r, QUOTA, &value.to_be_bytes())
        }
        12 | 13 => filter(r),
        14 => {
            let name = name(r);
            attribute(r, NAME, &name)
        }
        _ => {
            let kind = r.pick(&[0u16, USE, PAD, 9, 10, 100, 0x3fff]);
            let len = r.below(12) as usize;
            let payload = r.bytes(len);
            attribute(r, kind, &payload)
        }
    }
}

fn kind(r: &mut Random) -> u16 {
    match r.below(100) {
        0..=39 => NEW,
        40..=59 => GET,
        60..=74 => CTRZERO,
        75..=91 => DEL,
        92..=94 => 0x704 + r.below(4) as u16,
        95 | 96 => 0x700 | r.below(256) as u16,
        97 => BATCH_BEGIN,
        98 => BATCH_END,
        _ => r.below(16) as u16,
    }
}

fn flags(r: &mut Random, kind: u16) -> u16 {
    let mut flags = REQUEST;
    if r.chance(80) {
        flags |= ACK;
    }
    if kind == NEW && r.chance(70) {
        flags |= CREATE;
    }
    if r.chance(30) {
        flags |= (r.below(16) as u16) << 8;
    }
    if r.chance(3) {
        flags ^= r.next() as u16;
    }
    flags
}

fn message(r: &mut Random) -> Msg {
    let kind = kind(r);
    let flags = flags(r, kind);
    let mut msg = Msg::bare(kind, flags).seq(r.next() as u32);
    if r.chance(1) {
        let short = r.below(4) as usize;
        return msg.raw(&[0; 4][..short]);
    }
    msg = msg.raw(&[0; 4]);
    if r.chance(10) {
        // Resource ids of no subsystem that could be loaded beside ours.
        let res_id = r.pick(&[0u16, 7, 77, 0x0700]);
        msg = msg.gen(r.next() as u8, r.next() as u8, res_id);
    }
    // A DEL without a name empties the table: rare enough to let it fill up.
    let nameless = if kind == DEL { 4 } else { 10 };
    if !r.chance(nameless) {
        let name = name(r);
        msg = msg.raw(&attribute(r, NAME, &name));
    }
    for _ in 0..r.below(5) {
        msg = msg.raw(&any_attribute(r));
    }
    if r.chance(2) {
        let tail = r.below(8) as usize;
        let tail = r.bytes(tail);
        msg = msg.raw(&tail);
    }
    if r.chance(2) {
        msg = msg.claim(r.below(96) as u32);
    }
    msg
}

/// What goes into one send: usually one message, sometimes several.
pub fn datagram(r: &mut Random) -> Vec<u8> {
    let count = if r.chance(8) { 2 + r.below(3) } else { 1 };
    let messages: Vec<_> = (0..count).map(|_| message(r)).collect();
    let mut bytes = batch(&messages);
    if r.chance(1) {
        bytes.truncate(r.below(bytes.len() as u64) as usize);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{fnv, messages, FNV_START};

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let hash = |seed| {
            let mut r = Random::new(seed);
            (0..1000).fold(FNV_START, |h, _| fnv(h, &datagram(&mut r)))
        };
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }

    #[test]
    fn most_requests_are_well_formed_and_of_every_kind() {
        let mut r = Random::new(7);
        let mut good = 0;
        let mut kinds = std::collections::HashSet::new();
        for _ in 0..2000 {
            let bytes = datagram(&mut r);
            if let Ok(list) = messages(&bytes) {
                good += 1;
                kinds.extend(list.iter().map(|m| m.kind));
            }
        }
        assert!(good > 1500, "{good}");
        for kind in [NEW, GET, CTRZERO, DEL, 0x704, BATCH_BEGIN, BATCH_END] {
            assert!(kinds.contains(&kind), "{kind:x}");
        }
    }

    #[test]
    fn numbers_stay_below_their_limit() {
        let mut r = Random::new(3);
        assert!((0..1000).all(|_| r.below(7) < 7));
        assert!((0..1000).any(|_| r.chance(50)));
    }
}
