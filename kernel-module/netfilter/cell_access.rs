// SPDX-License-Identifier: GPL-2.0-only

//! Where the counters of a CPU are: in per-CPU memory.
//!
//! C counterpart: `this_cpu_inc()`, `this_cpu_add()`, `this_cpu_read()`, `per_cpu_ptr()`,
//! `alloc_percpu_gfp()` and `free_percpu()` on x86-64. For kernels with KASAN there is another
//! version of this file, `cell_access_slab.rs`.

use super::{super::bindings, Cell};
use crate::model::quota::Unit;
use core::ptr::NonNull;

#[cfg(not(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML))))]
compile_error!("per-CPU counters are written for 64-bit x86 with CONFIG_SMP");

/// How many cells [`allocate()`] can be asked for.
pub(crate) const MOST_CELLS: u32 = u64::BITS;

/// Counts one packet of `len` bytes in this CPU's cell.
///
/// # Safety
///
/// `cell` must come from [`allocate()`] and not have been freed.
#[inline(always)]
pub(crate) unsafe fn count(cell: NonNull<Cell>, len: u64) {
    // SAFETY: The pointer plus the base of this CPU, which is that of the GS segment, is this CPU's
    // cell. Each instruction finds the base anew, so a migration between the two only spreads the
    // packet over two CPUs.
    unsafe {
        core::arch::asm!(
            "incq %gs:0({cell})",
            "addq {len}, %gs:8({cell})",
            cell = in(reg) cell.as_ptr(),
            len = in(reg) len,
            options(nostack, att_syntax),
        );
    }
}

/// How far the word in `cell` of one CPU is behind that in `bound`: of the CPU that this began on.
///
/// # Safety
///
/// As for [`count()`], for both.
#[inline(always)]
pub(crate) unsafe fn behind(cell: NonNull<Cell>, bound: NonNull<Cell>, unit: Unit) -> i64 {
    let behind: i64;
    // SAFETY: The pointers plus the base of a CPU are that CPU's words, whatever the task is
    // migrated to; `unit` is the index of a word of a cell.
    unsafe {
        core::arch::asm!(
            "movq %gs:{this_cpu_off}(%rip), {base}",
            "leaq ({base},{unit},8), {base}",
            "movq ({bound},{base}), {behind}",
            "subq ({cell},{base}), {behind}",
            this_cpu_off = sym bindings::this_cpu_off,
            cell = in(reg) cell.as_ptr(),
            bound = in(reg) bound.as_ptr(),
            unit = in(reg) unit as usize,
            base = out(reg) _,
            behind = out(reg) behind,
            options(nostack, readonly, att_syntax),
        );
    }
    behind
}

/// The word of one CPU. Valid for reads and writes if `cpu` is possible and `cell` is not freed.
pub(crate) fn word(cell: NonNull<Cell>, cpu: usize, unit: Unit) -> *mut u64 {
    // SAFETY: The array has an element for each possible CPU, set at boot.
    let base = unsafe {
        (&raw const bindings::__per_cpu_offset)
            .cast::<usize>()
            .add(cpu)
            .read()
    };
    let cell: *mut u64 = cell.as_ptr().wrapping_byte_add(base).cast();
    cell.wrapping_add(unit as usize)
}

/// Allocates zeroed cells, one after the other, charged to the caller's memory cgroup. May sleep.
pub(crate) fn allocate(count: u32) -> Option<NonNull<Cell>> {
    let size = size_of::<Cell>().checked_mul(count as usize)?;
    // SAFETY: Size and alignment are within the limits of the allocator.
    let area = unsafe {
        bindings::pcpu_alloc_noprof(
            size,
            align_of::<Cell>(),
            false,
            bindings::GFP_KERNEL_ACCOUNT,
        )
    };
    NonNull::new(area.cast())
}

/// Frees what [`allocate()`] returned. Any context.
///
/// # Safety
///
/// Nobody may use the cells any more.
pub(crate) unsafe fn free(area: NonNull<Cell>) {
    // SAFETY: Required from the caller.
    unsafe { bindings::free_percpu(area.as_ptr().cast()) }
}
