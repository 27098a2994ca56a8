// SPDX-License-Identifier: GPL-2.0-only

//! Where the counters of a CPU are, for tests: in an array from the slab allocator.
//!
//! KASAN, failslab and SLUB's own checks do not know per-CPU memory. Built with
//! `NFACCT_SLAB_CELLS=y`, the modules keep the cells of one object with a quota, or of two without,
//! in an allocation with elements for each CPU and a guard behind them, so that a use after free or
//! beyond the end is seen. Slow: locked additions, as a migration may put two CPUs on one cell.

use super::{super::bindings, Cell};
use crate::model::quota::Unit;
use core::ptr::NonNull;
use kernel::{
    cpu::{self, CpuId},
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

/// How many allocations exist.
static LIVE: Atomic<i64> = Atomic::new(0);

/// Says when it is dropped whether cells were lost: the leak scanner misses a few.
pub(crate) struct Audit;

impl Drop for Audit {
    fn drop(&mut self) {
        let lost = LIVE.load(Relaxed);
        if lost != 0 {
            pr_err!("BUG: {lost} more cells were allocated than freed\n");
        }
    }
}

/// How many cells [`allocate()`] can be asked for: as many as one object may need.
pub(crate) const MOST_CELLS: u32 = 2;

/// What the guard holds.
const GUARD: u64 = 0x6e66_6163_6374_2121;

/// Counts one packet of `len` bytes in this CPU's cell.
///
/// # Safety
///
/// `cell` must come from [`allocate()`] and not have been freed.
pub(crate) unsafe fn count(cell: NonNull<Cell>, len: u64) {
    let cpu = CpuId::current().as_u32() as usize;
    for (unit, value) in [(Unit::Packets, 1), (Unit::Bytes, len)] {
        // SAFETY: The word is valid and aligned, and all changes of it are atomic.
        let word = unsafe { Atomic::from_ptr(word(cell, cpu, unit)) };
        word.fetch_add(value, Relaxed);
    }
}

/// How far the word in `cell` of one CPU is behind that in `bound`: of the CPU that this began on.
///
/// # Safety
///
/// As for [`count()`], for both.
pub(crate) unsafe fn behind(cell: NonNull<Cell>, bound: NonNull<Cell>, unit: Unit) -> i64 {
    let cpu = CpuId::current().as_u32() as usize;
    // SAFETY: Both words are valid.
    let (bound, cell) = unsafe {
        (
            word(bound, cpu, unit).read_volatile(),
            word(cell, cpu, unit).read_volatile(),
        )
    };
    bound.wrapping_sub(cell) as i64
}

/// The word of one CPU. Valid for reads and writes if `cpu` is possible and `cell` is not freed.
pub(crate) fn word(cell: NonNull<Cell>, cpu: usize, unit: Unit) -> *mut u64 {
    let index = cpu.wrapping_mul(MOST_CELLS as usize);
    let cell: *mut u64 = cell.as_ptr().wrapping_add(index).cast();
    cell.wrapping_add(unit as usize)
}

/// Allocates zeroed cells, charged to the caller's memory cgroup. May sleep.
pub(crate) fn allocate(_count: u32) -> Option<NonNull<Cell>> {
    let cpus = cpu::nr_cpu_ids() as usize;
    let count = cpus.checked_mul(2 * MOST_CELLS as usize)?;
    let mut words = KVec::<u64>::from_elem(0, count, GFP_KERNEL_ACCOUNT).ok()?;
    words.push(GUARD, GFP_KERNEL_ACCOUNT).ok()?;
    LIVE.fetch_add(1, Relaxed);
    NonNull::new(words.into_raw_parts().0.cast())
}

/// Frees what [`allocate()`] returned. Any context.
///
/// # Safety
///
/// Nobody may use the cells any more.
pub(crate) unsafe fn free(area: NonNull<Cell>) {
    let guard = word(area, cpu::nr_cpu_ids() as usize, Unit::Packets);
    // SAFETY: `allocate()` put the guard there, behind the cells of all CPUs.
    if unsafe { guard.read_volatile() } != GUARD {
        pr_err!("BUG: the guard behind the cells of an object was overwritten\n");
    }
    LIVE.fetch_sub(1, Relaxed);
    // SAFETY: `allocate()` took the memory from this allocator.
    unsafe { bindings::kfree(area.as_ptr().cast()) }
}
