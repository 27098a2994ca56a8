// SPDX-License-Identifier: GPL-2.0-only

//! The accounting objects of one network namespace.
//!
//! C counterpart: `struct nfnl_acct_net`. Objects are in a sequence by number, which is the order
//! of creation and that of dumps, and in an index by name. Both are changed together under one
//! mutex per namespace (`Pernet::lock()`), which also covers each part of a dump, each reset from
//! reading the counters to subtracting them, and the lookup for a new rule. Packets do not take it:
//! a rule holds a reference to its object.

use super::{
    cell_pool::{CellPool, NewBlock, Supply},
    index::{self, NameIndex},
    object::{NewObject, Object},
    sequence::{self, Sequence},
};
use crate::{
    model::{
        name::Name,
        quota::{Counters, Quota},
    },
    netfilter::pernet::{PerNet, Pernet},
};
use core::ops::ControlFlow;
use kernel::{prelude::*, sync::Arc};

static TABLES: Pernet<Table> = Pernet::new();

/// Proof that a table is locked: that of the objects which it is passed along with.
pub(crate) struct Locked(());

/// The objects of a namespace. Whoever has access to it holds its lock.
///
/// # Invariants
///
/// `by_id` and `by_name` hold the same objects, `by_id` under their numbers, all below `next_id`.
pub(crate) struct Table {
    by_id: Sequence,
    by_name: NameIndex,
    pool: CellPool,
    next_id: u64,
    locked: Locked,
}

/// What one more object needs that has to be allocated while the table is not locked.
pub(crate) struct Shortage {
    cells: Supply,
    slots: Option<usize>,
    places: Option<usize>,
}

/// One more object, and memory for its place in a table.
pub(crate) struct Addition {
    object: NewObject,
    block: Option<NewBlock>,
    slots: index::Slots,
    places: sequence::Places,
}

/// Memory that a table does not need any more, to be freed while it is not locked.
pub(crate) struct Surplus(index::Slots, sequence::Places);

impl Shortage {
    /// Makes the object and allocates what is missing, charged to the caller's memory cgroup. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn fill(
        mut self,
        name: Name,
        quota: Option<Quota>,
        start: Counters,
    ) -> Result<Addition> {
        let object = Object::create(name, quota, start, &mut self.cells)?;
        let slots = self.slots.map(index::allocate).transpose()?;
        let places = self.places.map(sequence::allocate).transpose()?;
        Ok(Addition {
            object,
            block: self.cells.into_block()?,
            slots: slots.unwrap_or_default(),
            places: places.unwrap_or_default(),
        })
    }
}

impl PerNet for Table {
    fn pernet() -> &'static Pernet<Self> {
        &TABLES
    }
}

impl Default for Table {
    fn default() -> Self {
        Self {
            by_id: Sequence::new(),
            by_name: NameIndex::new(),
            pool: CellPool::new(),
            next_id: 0,
            locked: Locked(()),
        }
    }
}

impl Table {
    /// Proof that this table is locked.
    pub(crate) fn locked(&self) -> &Locked {
        &self.locked
    }

    /// Looks up an object. O(1).
    pub(crate) fn find(&self, name: &Name) -> Option<&Arc<Object>> {
        self.by_name.find(name, self.by_name.hash(name))
    }

    /// Prepares the addition of an object, maybe with a quota.
    ///
    /// # Errors
    ///
    /// `ENOMEM` if there are too many.
    pub(crate) fn prepare(&mut self, quota: bool) -> Result<Shortage> {
        Ok(Shortage {
            slots: self.by_name.growth()?,
            places: self.by_id.growth()?,
            cells: Supply::new(
                &mut self.pool,
                if quota { 2 } else { 1 },
                self.by_name.len(),
            ),
        })
    }

    /// Adds an object as the last one.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the name is taken, `ENOMEM` if the table has changed so much since
    /// [`prepare()`](Self::prepare) that there is no room; there is no such object then.
    pub(crate) fn insert(&mut self, addition: Addition) -> Result<Surplus> {
        let hash = self.by_name.hash(addition.object.name());
        if self.by_name.find(addition.object.name(), hash).is_some() {
            return Err(EBUSY);
        }
        let id = self.next_id;
        let next_id = id.checked_add(1).ok_or(ENOMEM)?;
        let object = addition.object.numbered(id);
        let mut surplus = Surplus(addition.slots, addition.places);
        if surplus.0.len() > self.by_name.capacity() {
            surplus.0 = self.by_name.grow(surplus.0);
        }
        if surplus.1.capacity() > self.by_id.capacity() {
            surplus.1 = self.by_id.grow(surplus.1);
        }
        self.by_id.push(id, object.clone())?;
        if self.by_name.insert(object, hash).is_err() {
            self.by_id.remove(id);
            return Err(ENOMEM);
        }
        self.next_id = next_id;
        self.pool.add(addition.block);
        Ok(surplus)
    }

    /// Removes an object that no rule refers to.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is none of this name, `EBUSY` if a rule refers to it.
    pub(crate) fn remove(&mut self, name: &Name) -> Result {
        let object = self.find(name).ok_or(ENOENT)?;
        if !object.is_unused(&self.locked) {
            return Err(EBUSY);
        }
        if let Some(object) = self.by_name.remove(name) {
            self.by_id.remove(object.id());
            self.pool.take_back(object);
        }
        Ok(())
    }

    /// Removes all objects that no rule refers to.
    pub(crate) fn remove_unused(&mut self) {
        let is_unused = |object: &Object| object.is_unused(&self.locked);
        self.by_id.remove_if(is_unused, |object| {
            // INVARIANT: Removed from both.
            self.by_name.remove(object.name());
            self.pool.take_back(object);
        });
    }

    /// Calls `visit` with each object from number `from` on, in the order of creation, until it
    /// breaks. Finding the first one is O(log n).
    pub(crate) fn visit_from<B>(
        &self,
        from: u64,
        mut visit: impl FnMut(u64, &Object, &Locked) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.by_id
            .iter_from(from)
            .try_for_each(|(id, object)| visit(id, object, &self.locked))
    }
}
