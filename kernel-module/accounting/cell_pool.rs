// SPDX-License-Identifier: GPL-2.0-only

//! The blocks that the objects of a table take their cells from.

use super::object::Object;
use crate::netfilter::{cell_block::CellBlock, per_cpu::Cells};
use kernel::{prelude::*, sync::Arc};

/// Blocks that may have free cells.
///
/// A block that is not in here lives on with the objects that have cells of it.
pub(super) struct CellPool {
    blocks: KVec<Arc<CellBlock>>,
}

impl CellPool {
    /// An empty pool, which takes no memory.
    pub(super) fn new() -> Self {
        Self {
            blocks: KVec::new(),
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

    /// Makes the free cells of a block available, or forgets the block if all of them are free.
    ///
    /// Without memory to note it, they stay unused until another object of the block is deleted.
    pub(super) fn offer(&mut self, block: Arc<CellBlock>) {
        match block.place() {
            Some(place) if block.is_unused() => self.forget(place),
            None if !block.is_unused() => {
                let place = self.blocks.len();
                if self.grow().is_ok() && self.blocks.push_within_capacity(block.clone()).is_ok() {
                    block.set_place(Some(place));
                }
            }
            _ => {}
        }
    }

    /// Drops an object that was removed from the table, and offers its cells to the next ones.
    pub(super) fn take_back(&mut self, object: Arc<Object>) {
        let (cells, bounds) = object.head().blocks();
        drop(object);
        self.offer(cells);
        if let Some(bounds) = bounds {
            self.offer(bounds);
        }
    }

    /// Makes room for one more block.
    fn grow(&mut self) -> Result {
        let capacity = self.blocks.capacity();
        if self.blocks.len() < capacity {
            return Ok(());
        }
        let larger = capacity.saturating_mul(2).max(4);
        let larger = KVec::with_capacity(larger, GFP_KERNEL_ACCOUNT)?;
        let mut old = core::mem::replace(&mut self.blocks, larger);
        for block in old.drain_all() {
            // There is more room than there were blocks.
            let _ = self.blocks.push_within_capacity(block);
        }
        Ok(())
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
        Self {
            cells,
            block: None,
            block_size: block_size.max(4),
        }
    }

    /// Returns zeroed cells, charged to the caller's memory cgroup. May sleep.
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

    /// The block that was allocated, if that was necessary.
    pub(super) fn into_block(self) -> Option<Arc<CellBlock>> {
        self.block
    }
}
