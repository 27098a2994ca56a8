// SPDX-License-Identifier: GPL-2.0-only

//! The accounting objects of one network namespace.
//!
//! C counterpart: `struct nfnl_acct_net`. Objects are in a tree by number, which is the order of
//! creation and that of dumps, and in an index by name. Both are changed together under one mutex
//! per namespace (`Pernet::lock()`), which also covers each part of a dump, each reset from reading
//! the counters to subtracting them, and the lookup for a new rule. Packets take no lock: a rule
//! holds a reference to its object.

use super::{
    index::{self, Entry, NameIndex, Slots},
    object::Object,
};
use crate::{
    model::name::Name,
    netfilter::pernet::{PerNet, Pernet},
};
use core::ops::ControlFlow;
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNodeReservation},
    sync::Arc,
};

static TABLES: Pernet<Table> = Pernet::new();

/// Proof that a table is locked: that of the objects which it is passed along with.
pub(crate) struct Locked(());

/// The objects of a namespace. Whoever has access to it holds its lock.
///
/// # Invariants
///
/// `by_id` and `by_name` hold the same objects under the same numbers, all below `next_id`.
pub(crate) struct Table {
    by_id: RBTree<u64, Arc<Object>>,
    by_name: NameIndex,
    next_id: u64,
    locked: Locked,
}

/// Memory for one more object of a table, allocated before that is locked.
pub(crate) struct Room {
    node: RBTreeNodeReservation<u64, Arc<Object>>,
    slots: Option<Slots>,
}

impl Room {
    /// Allocates what a table needs that asked for this growth, charged to the caller's memory
    /// cgroup. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(growth: Option<usize>) -> Result<Self> {
        Ok(Self {
            node: RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?,
            slots: growth.map(index::allocate).transpose()?,
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
            by_id: RBTree::new(),
            by_name: NameIndex::new(),
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
        self.by_name.find(name).map(|entry| &entry.object)
    }

    /// How many slots the index needs for one more object, if it has not enough.
    pub(crate) fn growth(&self) -> Result<Option<usize>> {
        self.by_name.growth()
    }

    /// Adds an object as the last one, in memory that was allocated before. Returns memory that is
    /// not needed any more, to be freed without the lock.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the name is taken, `ENOMEM` if `room` is too small; nothing has changed then.
    pub(crate) fn insert(&mut self, object: Arc<Object>, room: Room) -> Result<Slots> {
        if self.find(object.name()).is_some() {
            return Err(EBUSY);
        }
        let id = self.next_id;
        let next_id = id.checked_add(1).ok_or(ENOMEM)?;
        let old_slots = match room.slots {
            Some(slots) => self.by_name.grow(slots),
            None => Slots::new(),
        };
        let node = room.node.into_node(id, object.clone());
        self.by_name
            .insert(Entry { id, object })
            .map_err(|_| ENOMEM)?;
        // INVARIANT: The number is new, so nothing is replaced.
        self.by_id.insert(node);
        self.next_id = next_id;
        Ok(old_slots)
    }

    /// Removes an object that no rule refers to.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is none of this name, `EBUSY` if a rule refers to it.
    pub(crate) fn remove(&mut self, name: &Name) -> Result {
        let entry = self.by_name.find(name).ok_or(ENOENT)?;
        if !entry.object.is_unused(&self.locked) {
            return Err(EBUSY);
        }
        if let Some(entry) = self.by_name.remove(name) {
            self.by_id.remove(&entry.id);
        }
        Ok(())
    }

    /// Removes all objects that no rule refers to.
    pub(crate) fn remove_unused(&mut self) {
        let mut next = self.by_id.cursor_front_mut();
        while let Some(cursor) = next {
            let (_, object) = cursor.current();
            if object.is_unused(&self.locked) {
                // INVARIANT: Removed from both.
                self.by_name.remove(object.name());
                // With no node behind it, the one before comes once more.
                next = cursor.remove_current().0;
            } else {
                next = cursor.move_next();
            }
        }
    }

    /// Calls `visit` with each object from number `from` on, in the order of creation, until it
    /// breaks. Finding the first one is O(log n).
    ///
    /// Mutable, as only mutable cursors of the tree can move.
    pub(crate) fn visit_from<B>(
        &mut self,
        from: u64,
        mut visit: impl FnMut(u64, &Object, &Locked) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let mut next = self.by_id.cursor_lower_bound_mut(&from);
        while let Some(cursor) = next {
            let (id, object) = cursor.current();
            visit(*id, object, &self.locked)?;
            next = cursor.move_next();
        }
        ControlFlow::Continue(())
    }
}
