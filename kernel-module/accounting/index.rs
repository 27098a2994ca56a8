// SPDX-License-Identifier: GPL-2.0-only

//! Objects by name: a hash table that grows with them.
//!
//! The key of the hash is random, since names are chosen by unprivileged namespaces. The rules
//! are those of [`probe`]; here are the memory and the key.

use super::object::Object;
use crate::{
    model::{
        name::Name,
        probe::{self, Slot},
    },
    netfilter::siphash::HashKey,
};
use kernel::{prelude::*, sync::Arc};

/// An object and its number.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The number that the object was given when it was created.
    pub(crate) id: u64,
    /// The object.
    pub(crate) object: Arc<Object>,
}

/// The memory of an index.
pub(crate) type Slots = KVVec<Option<Slot<Entry>>>;

/// Allocates empty slots, charged to the caller's memory cgroup. May sleep.
///
/// # Errors
///
/// `ENOMEM`, without a warning in the log: the number is the caller's choice.
pub(crate) fn allocate(capacity: usize) -> Result<Slots> {
    Ok(KVVec::from_elem(
        None,
        capacity,
        GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
    )?)
}

/// Finds objects by their names.
pub(crate) struct NameIndex {
    key: HashKey,
    slots: Slots,
    len: usize,
}

impl NameIndex {
    /// An empty index, which takes no memory.
    pub(crate) fn new() -> Self {
        Self {
            key: HashKey::random(),
            slots: KVVec::new(),
            len: 0,
        }
    }

    /// Looks up a name.
    pub(crate) fn find(&self, name: &Name) -> Option<&Entry> {
        probe::find(&self.slots, self.hash(name), |entry| {
            entry.object.name() == name
        })
    }

    /// How many slots one more entry needs, if there are not enough.
    pub(crate) fn growth(&self) -> Result<Option<usize>> {
        let len = self.len.checked_add(1).ok_or(ENOMEM)?;
        let capacity = probe::capacity_for(len).ok_or(ENOMEM)?;
        Ok((capacity > self.slots.len()).then_some(capacity))
    }

    /// Moves all entries to larger slots; returns the old ones.
    pub(crate) fn grow(&mut self, mut slots: Slots) -> Slots {
        probe::rehash(&mut self.slots, &mut slots);
        core::mem::replace(&mut self.slots, slots)
    }

    /// Adds an entry. Gives it back if there is no room.
    pub(crate) fn insert(&mut self, entry: Entry) -> Result<(), Entry> {
        let hash = self.hash(entry.object.name());
        probe::insert(&mut self.slots, hash, entry)?;
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Removes the entry with this name. Gives the memory back with the last one.
    pub(crate) fn remove(&mut self, name: &Name) -> Option<Entry> {
        let hash = self.hash(name);
        let removed = probe::remove(&mut self.slots, hash, |entry| entry.object.name() == name)?;
        self.len = self.len.wrapping_sub(1);
        if self.len == 0 {
            self.slots = KVVec::new();
        }
        Some(removed)
    }

    fn hash(&self, name: &Name) -> u64 {
        self.key.hash(name.as_bytes())
    }
}
