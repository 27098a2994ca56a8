// SPDX-License-Identifier: GPL-2.0-only
//! Dumps of every shape while objects are deleted, created and created again at
//! each boundary between two parts.
//!
//! Whatever lived throughout is reported exactly once, and if the dump resets,
//! what it reported plus what is left is what was there.

use std::collections::HashMap;

use crate::harness::{cases, Depth, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::fuzz::Random;
use crate::wire::{Acct, Msg, Object, Reply, Sock};

cases![every_name_length, thousands, tens_of_thousands];

const SIZES: [usize; 3] = [4096, 8192, 32768];

/// Packets of each object.
const EACH: u64 = 7;

/// One dump to make.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Objects in the table.
    count: usize,
    /// Length of their names.
    len: usize,
    /// Buffer of the reader.
    size: usize,
    /// With reset.
    reset: bool,
}

/// What is wrong with dumps, added up.
#[derive(Default)]
struct Wrong {
    dumps: u64,
    missing: u64,
    twice: u64,
    lost: u64,
}

/// Digits of names; `+` begins the names of objects that come later.
fn digits() -> Vec<u8> {
    (0x21..0x7f).filter(|b| *b != b'+').collect()
}

/// The `n`-th name of a length.
fn name(digits: &[u8], len: usize, mut n: usize) -> String {
    let mut out = vec![digits[0]; len];
    for place in out.iter_mut().rev() {
        *place = digits[n % digits.len()];
        n /= digits.len();
    }
    String::from_utf8(out).expect("ASCII")
}

/// Bytes of an object's report.
const fn record(len: usize) -> usize {
    20 + (4 + len + 1).next_multiple_of(4) + 12 + 12 + 8
}

/// What happens at a boundary: to every second object around the place where
/// the dump stands, and to some others.
fn change(acct: &Acct, r: &mut Random, all: &[String], seen: usize, fresh: &mut u64) {
    if all.is_empty() {
        return;
    }
    let how = r.below(4);
    for step in 0..6 {
        let at = if step < 4 { seen + step } else { r.below(all.len() as u64) as usize };
        let Some(name) = all.get(at).filter(|_| touched(at)) else {
            continue;
        };
        match how {
            0 => drop(acct.del(name)),
            1 => {
                acct.del(name);
                acct.sock.exchange(&add_quiet(name));
            }
            2 => {
                *fresh += 1;
                acct.add(&format!("+{fresh}"));
            }
            _ => {}
        }
    }
}

/// Every second object may be deleted, the others live throughout.
const fn touched(at: usize) -> bool {
    at % 2 == 1
}

fn judge(acct: &Acct, r: &mut Random, shape: Shape, wrong: &mut Wrong) {
    let digits = digits();
    let most = digits.len().saturating_pow(shape.len as u32);
    let count = shape.count.min(most);
    let all: Vec<_> = (0..count).map(|n| name(&digits, shape.len, n)).collect();
    let messages: Vec<_> = all.iter().map(|n| add_quiet(n).be64(PKTS, EACH)).collect();
    acct.flush();
    acct.add_many(&messages);
    let s = Sock::open();
    // No reading ahead: each receive makes just the next part.
    s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1).expect("SO_RCVBUF");
    let kind = if shape.reset { CTRZERO } else { GET };
    s.send(Msg::new(kind, LIST).bytes()).expect("send");
    let (mut reply, mut seen, mut fresh) = (Reply::default(), 0, 0);
    while let Ok(part) = s.recv(shape.size) {
        reply.parts.push(part.bytes);
        let one = Reply {
            parts: reply.parts.last().cloned().into_iter().collect(),
            ..Reply::default()
        };
        // The kernel is one part ahead of the reader.
        seen += one.objects().len();
        let next = seen + shape.size / record(shape.len);
        for place in [seen, next] {
            change(acct, r, &all, place.saturating_sub(1), &mut fresh);
        }
    }
    assert!(reply.done(), "{shape:?}: {}", reply.outcome());
    let interrupted = reply.messages().iter().any(|m| m.flags & DUMP_INTR != 0);
    assert!(!interrupted, "stock clients take DUMP_INTR for an error");
    wrong.dumps += 1;
    let reported = by_name(&reply.objects());
    let left = by_name(&acct.list());
    for name in all.iter().enumerate().filter(|(at, _)| !touched(*at)).map(|(_, n)| n) {
        let (times, pkts) = reported.get(name.as_bytes()).copied().unwrap_or((0, 0));
        wrong.missing += u64::from(times == 0);
        wrong.twice += u64::from(times > 1);
        let left = left.get(name.as_bytes()).map_or(0, |(_, pkts)| *pkts);
        let total = if shape.reset { pkts + left } else { left };
        assert!(total <= EACH, "{shape:?}: {name} has gained");
        wrong.lost += EACH - total;
    }
}

/// How often each name comes, and the sum of its packets.
fn by_name(objects: &[Object]) -> HashMap<Vec<u8>, (usize, u64)> {
    let mut out: HashMap<Vec<u8>, (usize, u64)> = HashMap::new();
    for object in objects {
        let entry = out.entry(object.name.clone()).or_default();
        *entry = (entry.0 + 1, entry.1 + object.pkts);
    }
    out
}

fn run(t: &mut Test, purpose: &str, shapes: impl Iterator<Item = Shape>) {
    let acct = Acct::open();
    let mut r = t.scale().random(purpose);
    let mut wrong = Wrong::default();
    for shape in shapes {
        judge(&acct, &mut r, shape, &mut wrong);
    }
    t.note(format!("{} dumps", wrong.dumps));
    t.losses("missing", &[wrong.missing]);
    t.losses("twice", &[wrong.twice]);
    t.losses("lost", &[wrong.lost]);
    assert_eq!(wrong.twice, 0);
}

/// All lengths and buffers, with tables that just fit into a part or do not.
fn every_name_length(t: &mut Test) {
    let step = t.scale().fixed(1, 5, 1) as usize;
    let shapes = (1..=31).step_by(step).flat_map(|len| {
        SIZES.iter().flat_map(move |size| {
            let fit = size / record(len);
            let counts = [0, 1, fit - 1, fit, fit + 1, 2 * fit + 1];
            (0..).zip(counts).map(move |(n, count)| Shape {
                count,
                len,
                size: *size,
                reset: (len + n) % 2 == 0,
            })
        })
    });
    run(t, "every-length", shapes);
}

/// The same shape in all buffers, with and without reset.
fn many(count: usize, len: usize) -> Vec<Shape> {
    let shapes = SIZES.into_iter().flat_map(|size| {
        [true, false].map(|reset| Shape {
            count,
            len,
            size,
            reset,
        })
    });
    shapes.collect()
}

fn thousands(t: &mut Test) {
    let lens = match t.scale().fixed(3, 1, 31) {
        1 => vec![17],
        3 => vec![2, 17, 31],
        times => (0..times).map(|n| 2 + n as usize % 30).collect(),
    };
    run(t, "thousands", lens.into_iter().flat_map(|len| many(2000, len)));
}

/// C needs seconds to fill such a table, so once in a short run.
fn tens_of_thousands(t: &mut Test) {
    let count = t.scale().fixed(20_000, 5000, 20_000) as usize;
    let shapes: Vec<_> = match t.scale().depth {
        Depth::Long if t.stack() == "c-c" => [3, 14, 31].into_iter().flat_map(|len| many(count, len)).collect(),
        // Two bytes are too few for so many names.
        Depth::Long => (3..=31).flat_map(|len| many(count, len)).collect(),
        Depth::Short if t.stack() != "c-c" => {
            let all = many(count, 14).into_iter();
            all.filter(|shape| shape.reset || shape.size == SIZES[0]).collect()
        }
        _ => many(count, 14)[..1].to_vec(),
    };
    run(t, "tens-of-thousands", shapes.into_iter());
}
