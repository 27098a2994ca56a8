// SPDX-License-Identifier: GPL-2.0-only

//! Allocating, reading and freeing per-CPU counters.
//!
//! C counterpart: `alloc_percpu_gfp()`, `per_cpu_ptr()`, `for_each_possible_cpu()` and
//! `free_percpu()`.

use super::{
    bindings,
    per_cpu::{Cell, Cells},
};
use crate::model::quota::Counters;
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
            // SAFETY: The CPU is possible, so its offset was set at boot, and the type invariant
            // gives it a cell. Aligned 64-bit reads are not torn by the owner's writes.
            unsafe {
                let base = (&raw const bindings::__per_cpu_offset)
                    .cast::<usize>()
                    .add(cpu)
                    .read();
                let cell: *const Cell = self.0.as_ptr().wrapping_byte_add(base);
                sum.pkts = sum
                    .pkts
                    .wrapping_add((&raw const (*cell).pkts).read_volatile());
                sum.bytes = sum
                    .bytes
                    .wrapping_add((&raw const (*cell).bytes).read_volatile());
            }
        }
        sum
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; `self` is the only pointer to the cells.
        unsafe { bindings::free_percpu(self.0.as_ptr().cast()) }
    }
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
