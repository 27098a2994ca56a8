// SPDX-License-Identifier: GPL-2.0-only

//! Allocating and freeing per-CPU counters, many at a time.
//!
//! C counterpart: `xt_percpu_counter_alloc()` of `x_tables.c`, for the same reason: for each
//! allocation the per-CPU allocator searches its map again, which takes longer than all the rest of
//! adding an object. Memory is charged to the memory cgroup of whoever allocates a block.

use super::per_cpu::{self, access, Bounds, Cell, Cells};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc,
    },
};

/// The cells of many objects.
///
/// # Invariants
///
/// `area` are as many cells as `all` has bits. A bit of `free` is set if
/// no [`Cells`] with this index exists.
pub(crate) struct CellBlock {
    area: NonNull<Cell>,
    all: u64,
    free: Atomic<u64>,
    place: Atomic<u32>,
}

// SAFETY: Cells belong to no thread, and the map is atomic.
unsafe impl Send for CellBlock {}
// SAFETY: As above.
unsafe impl Sync for CellBlock {}

impl CellBlock {
    /// The largest block, in cells.
    pub(crate) const MAX: u32 = access::MOST_CELLS;

    const NOWHERE: u32 = u32::MAX;

    /// Allocates a block of `count` cells, at most [`MAX`](Self::MAX). May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(count: u32) -> Result<Arc<Self>> {
        let all = u64::MAX
            .checked_shr(u64::BITS.saturating_sub(count.min(Self::MAX)))
            .ok_or(EINVAL)?;
        // INVARIANT: All cells are free.
        let block = Self {
            area: access::allocate(all.count_ones()).ok_or(ENOMEM)?,
            all,
            free: Atomic::new(all),
            place: Atomic::new(Self::NOWHERE),
        };
        Ok(Arc::new(block, GFP_KERNEL_ACCOUNT)?)
    }

    /// Takes zeroed cells out of the block; [`None`] if all are taken.
    pub(crate) fn take(block: &Arc<Self>) -> Option<Cells> {
        let index = loop {
            let free = block.free.load(Acquire);
            let index = free.checked_ilog2()?;
            if block.free.cmpxchg(free, free ^ 1 << index, Full).is_ok() {
                break index;
            }
        };
        let cell = NonNull::new(block.area.as_ptr().wrapping_add(index as usize))?;
        // SAFETY: The pointer of an `Arc` is not null.
        let block = unsafe { NonNull::new_unchecked(Arc::into_raw(block.clone()).cast_mut()) };
        // INVARIANT: The bit was one of `all` and set, and is not now: the area has a cell with
        // this index, and nobody else has it.
        let cells = Cells {
            cell,
            block: block.cast::<per_cpu::Block>(),
        };
        cells.clear();
        Some(cells)
    }

    /// Where [`set_place`](Self::set_place) said that the block is.
    pub(crate) fn place(&self) -> Option<usize> {
        let place = self.place.load(Relaxed);
        (place != Self::NOWHERE).then_some(place as usize)
    }

    /// Remembers where the block is, for whoever keeps blocks.
    pub(crate) fn set_place(&self, place: Option<usize>) {
        let place = place.and_then(|place| u32::try_from(place).ok());
        self.place.store(place.unwrap_or(Self::NOWHERE), Relaxed);
    }

    /// Whether no cells are taken.
    pub(crate) fn is_unused(&self) -> bool {
        self.free.load(Acquire) == self.all
    }
}

impl Drop for CellBlock {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. Each `Cells` holds a reference, so there are none.
        unsafe { access::free(self.area) }
    }
}

impl Cells {
    /// The block that the cells were taken from.
    pub(crate) fn block(&self) -> Arc<CellBlock> {
        let block: *const CellBlock = self.block.as_ptr().cast();
        // SAFETY: By the type invariant the pointer comes from `Arc::into_raw()` in `take()`, and
        // that reference stays with `self`.
        let borrowed = unsafe { kernel::sync::ArcBorrow::from_raw(block) };
        borrowed.into()
    }
}

impl Bounds {
    /// The block that the bounds are in.
    pub(crate) fn block(&self) -> Arc<CellBlock> {
        self.0.block()
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        let block: *const CellBlock = self.block.as_ptr().cast();
        // SAFETY: The reference of `take()` goes back.
        let block = unsafe { Arc::from_raw(block) };
        let offset = self.cell.addr().get().wrapping_sub(block.area.addr().get());
        let index = offset / size_of::<Cell>();
        // INVARIANT: The bit is not set, so adding it sets it; these cells are gone.
        block.free.fetch_add(1_u64.wrapping_shl(index as u32), Full);
    }
}
