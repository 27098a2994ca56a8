// SPDX-License-Identifier: GPL-2.0-only

//! A pair of counters that every CPU has one of.
//!
//! C counterpart: `this_cpu_inc()` and `this_cpu_add()` on x86-64. What only the owner of the cells
//! does is in `per_cpu_owner.rs`. Only the owner CPU ever writes its cells, with single instructions that neither an
//! interrupt nor a migration can split, and without a LOCK prefix. So nobody may clear them:
//! whoever wants to start from zero remembers what to subtract.

use core::{
    mem::{offset_of, size_of},
    ptr::NonNull,
};

#[cfg(not(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML))))]
compile_error!("per-CPU counters are written for 64-bit x86 with CONFIG_SMP");

/// The counters of one CPU.
#[repr(C, align(16))]
pub(super) struct Cell {
    pub(super) pkts: u64,
    pub(super) bytes: u64,
}

/// One cell for each possible CPU.
///
/// # Invariants
///
/// The pointer is a `__percpu` pointer to a `Cell`, allocated and not freed.
#[repr(transparent)]
pub(crate) struct Cells(pub(super) NonNull<Cell>);

// SAFETY: Cells belong to no thread; see the module's comment for who writes what.
unsafe impl Send for Cells {}
// SAFETY: As above.
unsafe impl Sync for Cells {}

impl Cells {
    /// Tells apart layouts of a cell.
    pub(crate) const LAYOUT: usize =
        size_of::<Cell>() * 256 + offset_of!(Cell, pkts) * 16 + offset_of!(Cell, bytes);

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
                cell = in(reg) self.0.as_ptr(),
                len = in(reg) len,
                options(nostack, att_syntax),
            );
        }
    }
}
