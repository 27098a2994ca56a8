// SPDX-License-Identifier: GPL-2.0-only

//! What allowances promise, and that packets judged by them are judged as in C.
//!
//! `outlook_interleavings.rs` visits every order of single steps, of a few packets and with small
//! numbers. Here are the real margins, both units, up to 64 CPUs, any limit and counters that
//! wrap, one whole packet after the other. A packet may stay in the store buffer of its CPU, which
//! is the one thing that the margin relies on, see `docs/counters.md`.

use super::{
    properties::{cases, edgy, length},
    quota::{Quota, Unit},
};
use proptest::{collection::vec, prelude::*};
use std::collections::VecDeque;

/// 16 packets of 64 KiB for each CPU, as `docs/counters.md` says.
const UNSEEN: u64 = 16;
const LARGE: u64 = 65536;

fn margin(unit: Unit) -> u64 {
    match unit {
        Unit::Packets => UNSEEN,
        Unit::Bytes => UNSEEN * LARGE,
    }
}

fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![Just(Unit::Packets), Just(Unit::Bytes)]
}

/// A distance in which margins of `cpus` CPUs matter, or any other.
fn distance(unit: Unit, cpus: u64) -> impl Strategy<Value = u64> {
    let room = cpus * margin(unit);
    let border = (2 * room + cpus).saturating_sub(3);
    prop_oneof![2 => 0..=room * 5, 1 => border..border + 6, 1 => edgy()]
}

/// A quota, a number of CPUs, and a total below the limit, above it, or near the end of the range.
fn situation(most: u64) -> impl Strategy<Value = (Quota, u64, u64)> {
    (unit(), edgy(), 1..=most, 0..3_u8).prop_flat_map(|(unit, limit, cpus, place)| {
        distance(unit, cpus).prop_map(move |distance| {
            let total = match place {
                0 => limit.saturating_sub(distance),
                1 => limit.wrapping_add(distance),
                _ => u64::MAX - distance,
            };
            (Quota { unit, limit }, total, cpus)
        })
    })
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn allowances_leave_the_margin_and_nothing_is_compared_for_nothing(
        (quota, total, cpus) in situation(64), reported: bool
    ) {
        let wide = u128::from;
        let above = total > quota.limit;
        let end = if above { u64::MAX } else { quota.limit };
        let (distance, margin) = (wide(end - total), wide(margin(quota.unit)));
        let Some(outlook) = quota.outlook(total, reported, cpus) else {
            let is_near = distance < wide(cpus) * (2 * margin + 1);
            prop_assert!(is_near || above && !reported, "the answer is known for long");
            return Ok(());
        };
        prop_assert_eq!(outlook.exceeded, above);
        prop_assert!(!above || reported, "every packet looks for the event");
        // Signed differences of 64 bits tell which of two counters is ahead.
        prop_assert!((1..=1 << 62).contains(&outlook.allowance));
        // A quick packet leaves its CPU below its bound, which is the allowance away.
        let unasked = wide(cpus) * (wide(outlook.allowance) - 1 + margin);
        prop_assert!(unasked < distance, "the end is reached unseen");
    }

    #[test]
    fn without_cpus_nothing_is_promised((quota, total, _) in situation(1), reported: bool) {
        prop_assert_eq!(quota.outlook(total, reported, 0), None);
    }
}

struct Cpu {
    /// The counter in memory.
    cell: u64,
    /// What is in the store buffer, and how often others may still take the lock before it leaves.
    hidden: VecDeque<(u64, u64)>,
    bound: u64,
}

impl Cpu {
    /// The counter as this CPU reads it.
    fn own(&self) -> u64 {
        let hidden = self.hidden.iter().map(|(amount, _)| *amount);
        hidden.fold(self.cell, u64::wrapping_add)
    }

    fn drain(&mut self, is_late: impl Fn(u64) -> bool) {
        while let Some((amount, _)) = self.hidden.front().filter(|(_, left)| is_late(*left)) {
            self.cell = self.cell.wrapping_add(*amount);
            self.hidden.pop_front();
        }
    }
}

/// An object with a quota as `accounting/counters.rs` treats it.
struct Object {
    quota: Quota,
    base: u64,
    cpus: Vec<Cpu>,
    /// Closing the bounds leaves it as it is.
    answer: bool,
    /// Whether a bound may be open.
    open: bool,
    reported: bool,
}

impl Object {
    fn new(quota: Quota, total: u64, cells: &[u64]) -> Self {
        let idle = |cell: &u64| Cpu {
            cell: *cell,
            hidden: VecDeque::new(),
            bound: *cell,
        };
        Self {
            quota,
            base: cells
                .iter()
                .fold(total, |left, cell| left.wrapping_sub(*cell)),
            cpus: cells.iter().map(idle).collect(),
            answer: false,
            open: false,
            reported: false,
        }
    }

    /// Closes the bounds, adds up, and opens them if the answer is going to be the same for long.
    fn settle(&mut self) -> u64 {
        if self.open {
            self.cpus.iter_mut().for_each(|cpu| cpu.bound = cpu.cell);
            self.open = false;
        }
        let cells = self.cpus.iter().map(|cpu| cpu.cell);
        let total = cells.fold(self.base, u64::wrapping_add);
        let outlook = self
            .quota
            .outlook(total, self.reported, self.cpus.len() as u64);
        if let Some(outlook) = outlook {
            self.answer = outlook.exceeded;
            self.open = true;
            for cpu in &mut self.cpus {
                cpu.bound = cpu.cell.wrapping_add(outlook.allowance);
            }
        }
        total
    }

    /// Counts a packet and judges it; also returns whether it raises the event.
    fn packet(&mut self, who: usize, amount: u64, hides: bool) -> (bool, bool) {
        let patience = if hides {
            UNSEEN * self.cpus.len() as u64
        } else {
            0
        };
        let cpu = &mut self.cpus[who];
        cpu.hidden.push_back((amount, patience));
        if cpu.hidden.len() as u64 > UNSEEN || !hides {
            cpu.drain(|_| true);
        }
        if cpu.bound.wrapping_sub(cpu.own()) as i64 > 0 {
            return (self.answer, false);
        }
        cpu.drain(|_| true);
        let total = self.settle();
        let event = self.quota.is_reached(total) && !self.reported;
        self.reported |= event;
        for cpu in &mut self.cpus {
            cpu.hidden.iter_mut().for_each(|(_, left)| *left -= 1);
            cpu.drain(|left| left == 0);
        }
        (self.quota.is_exceeded(total), event)
    }

    /// Takes everything, as a reset does that nothing runs beside; returns what it reports.
    fn reset(&mut self) -> u64 {
        self.cpus.iter_mut().for_each(|cpu| cpu.drain(|_| true));
        let cells = self.cpus.iter().map(|cpu| cpu.cell);
        let total = cells.fold(self.base, u64::wrapping_add);
        self.base = self.base.wrapping_sub(total);
        self.reported = false;
        self.settle();
        total
    }
}

/// Packets of one CPU in a row: which one, how many, how long, and whether others see them late.
type Run = (usize, u64, u64, bool);

fn run() -> impl Strategy<Value = Run> {
    let amount = prop_oneof![1..=LARGE, Just(LARGE), Just(1)];
    (
        0..4_usize,
        prop_oneof![1..6_u64, 1..200_u64],
        amount,
        any::<bool>(),
    )
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn every_packet_is_judged_as_in_c(
        (quota, start, cpus) in situation(4),
        cells in vec(edgy(), 4),
        runs in vec((run(), 0..30_u8), length(20))
    ) {
        let mut object = Object::new(quota, start, &cells[..cpus as usize]);
        // What C has: one counter, one flag.
        let (mut counter, mut over) = (start, false);
        for ((who, packets, length, hides), before) in runs {
            if before == 0 {
                prop_assert_eq!(object.reset(), counter);
                (counter, over) = (0, false);
            }
            for _ in 0..packets {
                let amount = if quota.unit == Unit::Packets { 1 } else { length };
                counter = counter.wrapping_add(amount);
                let event = counter >= quota.limit && !over;
                over |= event;
                let judged = object.packet(who % cpus as usize, amount, hides);
                prop_assert_eq!(judged, (counter > quota.limit, event), "at {}", counter);
            }
        }
    }
}
