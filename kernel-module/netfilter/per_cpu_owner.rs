// SPDX-License-Identifier: GPL-2.0-only

//! Allocating, reading and freeing per-CPU counters, and setting bounds for them.
//!
//! C counterpart: `alloc_percpu_gfp()`, `per_cpu_ptr()`, `for_each_possible_cpu()` and
//! `free_percpu()`.

use super::{
    bindings,
    per_cpu::{Bounds, Cell, Cells},
};
use crate::model::quota::{Counters, Unit};
use core::ptr::NonNull;
use kernel::{alloc::AllocError, cpu};

impl Cells {
    /// Allocates zeroed cells, charged to the caller's memory cgroup. May sleep.
    pub(crate) fn new() -> Result<Self, AllocError> {
        // SAFETY: Size and alignment are those of a type and within the limits of the allocator.
        let cells = unsafe {
            bindings::pcpu_alloc_noprof(
                core::mem::size_of::<Cell>(),
                core::mem::align_of::<Cell>(),
                false,
                bindings::GFP_KERNEL_ACCOUNT,
            )
        };
        // INVARIANT: What the allocator returns is null or such a pointer.
        Ok(Self(NonNull::new(cells.cast()).ok_or(AllocError)?))
    }

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
        unsafe { self.word_ptr(cpu, unit).read_volatile() }
    }

    /// Valid for reads if `cpu` is possible, as long as `self` is there.
    fn word_ptr(&self, cpu: usize, unit: Unit) -> *mut u64 {
        // SAFETY: The array has an element for each possible CPU, set at boot.
        let base = unsafe {
            (&raw const bindings::__per_cpu_offset)
                .cast::<usize>()
                .add(cpu)
                .read()
        };
        let cell: *mut u64 = self.0.as_ptr().wrapping_byte_add(base).cast();
        cell.wrapping_add(unit as usize)
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; `self` is the only pointer to the cells.
        unsafe { bindings::free_percpu(self.0.as_ptr().cast()) }
    }
}

impl Bounds {
    /// Allocates bounds that no counter is below, charged to the caller's memory cgroup. May sleep.
    pub(crate) fn new() -> Result<Self, AllocError> {
        Ok(Self(Cells::new()?))
    }

    /// Sets each bound to the counter in `cells`, so that none is below its bound. Returns the sum
    /// of the bounds. The caller holds the lock that belongs to them.
    pub(crate) fn close(&self, cells: &Cells, unit: Unit) -> u64 {
        possible_cpus().fold(0, |sum, cpu| {
            let now = cells.word(cpu, unit);
            self.write(cpu, unit, now);
            sum.wrapping_add(now)
        })
    }

    /// Moves each bound up by `allowance`. The caller holds the lock that belongs to them.
    pub(crate) fn open(&self, unit: Unit, allowance: u64) {
        for cpu in possible_cpus() {
            let bound = self.0.word(cpu, unit);
            self.write(cpu, unit, bound.wrapping_add(allowance));
        }
    }

    fn write(&self, cpu: usize, unit: Unit, bound: u64) {
        // SAFETY: The pointer is valid, CPUs only read their bounds, and an aligned 64-bit write
        // is not torn for them.
        unsafe { self.0.word_ptr(cpu, unit).write_volatile(bound) }
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
