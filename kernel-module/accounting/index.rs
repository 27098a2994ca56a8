// SPDX-License-Identifier: GPL-2.0-only

//! Objects by name: a hash table that grows with them.
//!
//! The key of the hash is random, since names are chosen by unprivileged namespaces. The rules
//! are those of [`probe`]; here are the memory and the key.

use super::object::Object;
use crate::{
    model::{name::Name, probe},
    netfilter::siphash::HashKey,
};
use kernel::{prelude::*, sync::Arc};

/// The memory of an index.
pub(super) type Slots = KVVec<Option<Arc<Object>>>;

/// Allocates empty slots, charged to the caller's memory cgroup. May sleep.
///
/// # Errors
///
/// `ENOMEM`, without a warning in the log: the number is the caller's choice.
pub(super) fn allocate(capacity: usize) -> Result<Slots> {
    Ok(KVVec::from_elem(
        None,
        capacity,
        GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
    )?)
}

/// Finds objects by their names.
pub(super) struct NameIndex {
    key: HashKey,
    slots: Slots,
    len: usize,
}

impl NameIndex {
    /// An empty index, which takes no memory.
    pub(super) fn new() -> Self {
        Self {
            key: HashKey::random(),
            slots: KVVec::new(),
            len: 0,
        }
    }

    /// The number of objects.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The number of slots.
    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The hash of a name, for the functions below.
    pub(super) fn hash(&self, name: &Name) -> u64 {
        self.key.hash(name.as_bytes())
    }

    /// Looks up a name.
    pub(super) fn find(&self, name: &Name, hash: u64) -> Option<&Arc<Object>> {
        probe::find(&self.slots, hash, |object| object.name() == name)
    }

    /// How many slots one more object needs, if there are not enough.
    pub(super) fn growth(&self) -> Result<Option<usize>> {
        let len = self.len.checked_add(1).ok_or(ENOMEM)?;
        let capacity = probe::capacity_for(len).ok_or(ENOMEM)?;
        Ok((capacity > self.slots.len()).then_some(capacity))
    }

    /// Moves all objects to larger slots; returns the old ones.
    pub(super) fn grow(&mut self, mut slots: Slots) -> Slots {
        let hash_of = |object: &Arc<Object>| self.key.hash(object.name().as_bytes());
        probe::rehash(&mut self.slots, &mut slots, hash_of);
        core::mem::replace(&mut self.slots, slots)
    }

    /// Adds an object. Gives it back if there is no room.
    pub(super) fn insert(&mut self, object: Arc<Object>, hash: u64) -> Result<(), Arc<Object>> {
        probe::insert(&mut self.slots, hash, object)?;
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Removes the object of this name. Gives the memory back with the last one.
    pub(super) fn remove(&mut self, name: &Name) -> Option<Arc<Object>> {
        let hash_of = |object: &Arc<Object>| self.key.hash(object.name().as_bytes());
        let hash = self.hash(name);
        let is_it = |object: &Arc<Object>| object.name() == name;
        let removed = probe::remove(&mut self.slots, hash, is_it, hash_of)?;
        self.len = self.len.wrapping_sub(1);
        if self.len == 0 {
            self.slots = KVVec::new();
        }
        Some(removed)
    }
}
