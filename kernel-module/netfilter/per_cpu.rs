// SPDX-License-Identifier: GPL-2.0-only

//! A pair of counters that every CPU has one of.
//!
//! C counterpart: `this_cpu_inc()` and `this_cpu_add()` on x86-64. Making, reading and freeing
//! them is in `cell_block.rs` and `per_cpu_owner.rs`. Only the owner CPU ever writes its counters, with single
//! instructions that neither an interrupt nor a migration can split, and without a LOCK prefix. So
//! nobody may clear them: whoever wants to start from zero remembers what to subtract.

use crate::model::quota::Unit;
use core::{
    mem::{offset_of, size_of},
    ptr::NonNull,
};

#[cfg(not(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML))))]
compile_error!("per-CPU counters are written for 64-bit x86 with CONFIG_SMP");

/// Known to the provider only.
pub(super) enum Block {}

/// The counters of one CPU.
#[repr(C, align(16))]
pub(super) struct Cell {
    pub(super) pkts: u64,
    pub(super) bytes: u64,
}

// The instructions below have these offsets in them.
const _: () = assert!(offset_of!(Cell, pkts) == Unit::Packets as usize * size_of::<u64>());
const _: () = assert!(offset_of!(Cell, bytes) == Unit::Bytes as usize * size_of::<u64>());

/// One cell for each possible CPU.
///
/// # Invariants
///
/// `cell` is a `__percpu` pointer to a `Cell` that belongs to this value only. `block` is what it
/// was taken from, see `cell_block.rs`.
#[repr(C)]
pub(crate) struct Cells {
    pub(super) cell: NonNull<Cell>,
    pub(super) block: NonNull<Block>,
}

// SAFETY: Cells belong to no thread; see the module's comment for who writes what.
unsafe impl Send for Cells {}
// SAFETY: As above.
unsafe impl Sync for Cells {}

impl Cells {
    /// Counts one packet of `len` bytes on this CPU. Any context.
    #[inline(always)]
    pub(crate) fn count(&self, len: u64) {
        // SAFETY: By the type invariant the pointer plus the base of this CPU, which is that of
        // the GS segment, is this CPU's cell. Each instruction finds the base anew, so a migration
        // between the two only spreads the packet over two CPUs.
        unsafe {
            core::arch::asm!(
                "incq %gs:0({cell})",
                "addq {len}, %gs:8({cell})",
                cell = in(reg) self.cell.as_ptr(),
                len = in(reg) len,
                options(nostack, att_syntax),
            );
        }
    }
}

/// For each possible CPU the values that its counters have to stay below.
///
/// CPUs only read theirs. Whoever writes them holds the lock that belongs to them.
#[repr(transparent)]
pub(crate) struct Bounds(pub(super) Cells);

impl Bounds {
    /// Whether this CPU's counter in `cells` is below its bound. Any context.
    ///
    /// A migration between the two reads compares the counter of one CPU with the bound of
    /// another.
    #[inline(always)]
    pub(crate) fn hold(&self, cells: &Cells, unit: Unit) -> bool {
        let ahead: i64;
        // SAFETY: As in `count()`, for both types. `unit` is the index of a word of a cell.
        unsafe {
            core::arch::asm!(
                "movq %gs:({cell},{unit},8), {ahead}",
                "subq %gs:({bound},{unit},8), {ahead}",
                cell = in(reg) cells.cell.as_ptr(),
                bound = in(reg) self.0.cell.as_ptr(),
                unit = in(reg) unit as usize,
                ahead = out(reg) ahead,
                options(nostack, readonly, att_syntax),
            );
        }
        ahead < 0
    }
}
