// SPDX-License-Identifier: GPL-2.0-only

//! Reading per-CPU counters, and setting bounds for them.
//!
//! C counterpart: `for_each_possible_cpu()`.

use super::{
    bindings,
    per_cpu::{access, Bounds, Cells},
};
use crate::model::quota::{Counters, Unit};
use kernel::cpu;

impl Cells {
    /// The sum over all CPUs. Packets that are counted meanwhile may or may not be in it.
    pub(crate) fn sum(&self) -> Counters {
        let mut sum = Counters::default();
        for cpu in possible_cpus() {
            sum.pkts = sum.pkts.wrapping_add(self.word(cpu, Unit::Packets));
            sum.bytes = sum.bytes.wrapping_add(self.word(cpu, Unit::Bytes));
        }
        sum
    }

    /// The counter of one CPU.
    fn word(&self, cpu: usize, unit: Unit) -> u64 {
        // SAFETY: The pointer is valid. Aligned 64-bit reads are not torn by the owner's writes.
        unsafe { access::word(self.cell, cpu, unit).read_volatile() }
    }

    /// Sets the counters of all CPUs to zero. No packet may be counted meanwhile.
    pub(super) fn clear(&self) {
        for cpu in possible_cpus() {
            for unit in [Unit::Packets, Unit::Bytes] {
                self.write(cpu, unit, 0);
            }
        }
    }

    fn write(&self, cpu: usize, unit: Unit, value: u64) {
        // SAFETY: The pointer is valid. An aligned 64-bit write is not torn for who reads it.
        unsafe { access::word(self.cell, cpu, unit).write_volatile(value) }
    }
}

impl Bounds {
    /// Bounds in cells that are zero: no counter is below its bound.
    pub(crate) fn new(cells: Cells) -> Self {
        Self(cells)
    }

    /// Sets each bound to the counter in `cells`, so that none is below its bound. Returns the sum
    /// of the bounds. The caller holds the lock that belongs to them.
    pub(crate) fn close(&self, cells: &Cells, unit: Unit) -> u64 {
        possible_cpus().fold(0, |sum, cpu| {
            let now = cells.word(cpu, unit);
            self.0.write(cpu, unit, now);
            sum.wrapping_add(now)
        })
    }

    /// Moves each bound up by `allowance`. The caller holds the lock that belongs to them.
    pub(crate) fn open(&self, unit: Unit, allowance: u64) {
        for cpu in possible_cpus() {
            let bound = self.0.word(cpu, unit);
            self.0.write(cpu, unit, bound.wrapping_add(allowance));
        }
    }
}

/// The number of possible CPUs.
pub(crate) fn count_possible_cpus() -> u64 {
    possible_cpus().fold(0_u64, |count, _| count.wrapping_add(1))
}

/// `for_each_possible_cpu()`.
fn possible_cpus() -> impl Iterator<Item = usize> {
    const BITS: usize = usize::BITS as usize;
    (0..cpu::nr_cpu_ids() as usize).filter(|cpu| {
        // SAFETY: The mask has at least `nr_cpu_ids` bits and is constant after boot.
        let word = unsafe {
            (&raw const bindings::__cpu_possible_mask)
                .cast::<usize>()
                .add(cpu / BITS)
                .read()
        };
        word >> (cpu % BITS) & 1 != 0
    })
}
