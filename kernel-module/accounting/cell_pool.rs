// SPDX-License-Identifier: GPL-2.0-only

//! The blocks that the objects of a table take their cells from.

use super::object::Object;
use crate::netfilter::{cell_block::CellBlock, per_cpu::Cells};
use kernel::{prelude::*, sync::Arc};

/// Blocks that may have free cells.
///
/// A block that is not in here lives on with the objects that have cells of it.
///
/// # Invariants
///
/// There is room for `total` blocks, and `total` is at least the number of those that live.
pub(super) struct CellPool {
    blocks: KVVec<Arc<CellBlock>>,
    total: usize,
}

/// A block, and memory for a pool to note it in if that has not enough.
pub(super) struct NewBlock {
    block: Arc<CellBlock>,
    room: KVVec<Arc<CellBlock>>,
}

impl CellPool {
    /// An empty pool, which takes no memory.
    pub(super) fn new() -> Self {
        Self {
            blocks: KVVec::new(),
            total: 0,
        }
    }

    /// Takes cells, if there are free ones.
    pub(super) fn take(&mut self) -> Option<Cells> {
        loop {
            let cells = CellBlock::take(self.blocks.as_slice().last()?);
            if cells.is_some() {
                return cells;
            }
            if let Some(block) = self.blocks.pop() {
                block.set_place(None);
            }
        }
    }

    /// Adds the block of a [`Supply`], if it had to allocate one.
    pub(super) fn add(&mut self, new: Option<NewBlock>) {
        let Some(NewBlock { block, room }) = new else {
            return;
        };
        if room.capacity() > self.blocks.capacity() {
            let mut old = core::mem::replace(&mut self.blocks, room);
            for block in old.drain_all() {
                // There is more room than there were blocks.
                let _ = self.blocks.push_within_capacity(block);
            }
        }
        // INVARIANT: The supply was made for one more block.
        self.total = self.total.wrapping_add(1);
        self.offer(block);
    }

    /// Makes the free cells of a block available, or forgets the block if all of them are free.
    fn offer(&mut self, block: Arc<CellBlock>) {
        if block.is_unused() {
            if let Some(place) = block.place() {
                self.forget(place);
            }
            // INVARIANT: The block dies with `block`.
            self.total = self.total.saturating_sub(1);
            if self.total == 0 {
                *self = Self::new();
            }
        } else if block.place().is_none() {
            let place = self.blocks.len();
            if self.blocks.push_within_capacity(block.clone()).is_ok() {
                block.set_place(Some(place));
            }
        }
    }

    /// Drops an object that was removed from the table, and offers its cells to the next ones.
    pub(super) fn take_back(&mut self, object: Arc<Object>) {
        let (cells, bounds) = object.head().blocks();
        drop(object);
        let bounds = bounds.filter(|bounds| !Arc::ptr_eq(bounds, &cells));
        self.offer(cells);
        if let Some(bounds) = bounds {
            self.offer(bounds);
        }
    }

    fn forget(&mut self, place: usize) {
        let Some(last) = self.blocks.pop() else {
            return;
        };
        match self.blocks.as_mut_slice().get_mut(place) {
            Some(block) => {
                block.set_place(None);
                last.set_place(Some(place));
                *block = last;
            }
            None => last.set_place(None),
        }
    }
}

/// Cells for one object: some from a pool, more if need be.
pub(crate) struct Supply {
    cells: [Option<Cells>; 2],
    block: Option<Arc<CellBlock>>,
    block_size: u32,
    room: Option<usize>,
}

impl Supply {
    /// Takes up to `count` cells from a pool that serves `objects` objects.
    pub(super) fn new(pool: &mut CellPool, count: usize, objects: usize) -> Self {
        let mut cells = [None, None];
        for cells in cells.iter_mut().take(count) {
            *cells = pool.take();
        }
        // Each block is as large as all others together, until they have the largest size.
        let block_size = u32::try_from(objects).unwrap_or(u32::MAX);
        let capacity = pool.blocks.capacity();
        Self {
            room: (pool.total >= capacity).then(|| capacity.saturating_mul(2).max(4)),
            cells,
            block: None,
            block_size: block_size.max(4),
        }
    }

    /// Returns zeroed cells. A block that has to be allocated for them is charged to the caller's
    /// memory cgroup. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(super) fn take(&mut self) -> Result<Cells> {
        if let Some(cells) = self.cells.iter_mut().find_map(Option::take) {
            return Ok(cells);
        }
        if self.block.is_none() {
            self.block = Some(CellBlock::new(self.block_size)?);
        }
        self.block.as_ref().and_then(CellBlock::take).ok_or(ENOMEM)
    }

    /// The block that was allocated, if that was necessary. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(super) fn into_block(self) -> Result<Option<NewBlock>> {
        let Some(block) = self.block else {
            return Ok(None);
        };
        let room = match self.room {
            Some(room) => KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?,
            None => KVVec::new(),
        };
        Ok(Some(NewBlock { block, room }))
    }
}
