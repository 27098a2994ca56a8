// SPDX-License-Identifier: GPL-2.0-only

//! A pair of counters that every CPU has one of.
//!
//! Where they are is in `cell_access.rs`; making and freeing them in `cell_block.rs`, reading them
//! in `per_cpu_owner.rs`. Only the owner CPU ever writes its counters, with single instructions
//! that neither an interrupt nor a migration can split, and without a LOCK prefix. So nobody may
//! clear them while they are in use: whoever wants to start from zero remembers what to subtract.

use crate::model::quota::Unit;
use core::{
    mem::{offset_of, size_of},
    ptr::NonNull,
};

#[cfg_attr(not(NFACCT_SLAB_CELLS), path = "cell_access.rs")]
#[cfg_attr(NFACCT_SLAB_CELLS, path = "cell_access_slab.rs")]
pub(super) mod access;
#[cfg(NFACCT_SLAB_CELLS)]
pub(crate) use access::Audit;

/// Known to the provider only.
pub(super) enum Block {}

/// The counters of one CPU.
#[repr(C, align(16))]
pub(super) struct Cell {
    pub(super) pkts: u64,
    pub(super) bytes: u64,
}

// Code in `access` has these offsets in it.
const _: () = assert!(offset_of!(Cell, pkts) == Unit::Packets as usize * size_of::<u64>());
const _: () = assert!(offset_of!(Cell, bytes) == Unit::Bytes as usize * size_of::<u64>());

/// One cell for each possible CPU.
///
/// # Invariants
///
/// `cell` is one that `access::allocate()` returned, and belongs to this value only. `block` is what it
/// was taken from, see `cell_block.rs`.
#[repr(C)]
pub(crate) struct Cells {
    pub(super) cell: NonNull<Cell>,
    pub(super) block: NonNull<Block>,
}

// SAFETY: Cells belong to no thread, see the module's comment for who writes what, nor does the
// block, whose references are counted.
unsafe impl Send for Cells {}
// SAFETY: As above.
unsafe impl Sync for Cells {}

impl Cells {
    /// How many cells of one CPU lie together: 64 in per-CPU memory, 2 in slabs.
    pub(crate) const EACH_CPU: u32 = access::MOST_CELLS;

    /// Counts one packet of `len` bytes on this CPU. Any context.
    #[inline(always)]
    pub(crate) fn count(&self, len: u64) {
        // SAFETY: By the type invariant.
        unsafe { access::count(self.cell, len) }
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
    /// Both are of the same CPU, whenever the task is migrated, and the bound is read first.
    #[inline(always)]
    pub(crate) fn hold(&self, cells: &Cells, unit: Unit) -> bool {
        // SAFETY: By the type invariant, for both.
        unsafe { access::behind(cells.cell, self.0.cell, unit) > 0 }
    }
}
