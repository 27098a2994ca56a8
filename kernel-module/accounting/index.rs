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

/// Finds objects by their names.
pub(crate) struct NameIndex {
    key: HashKey,
    slots: KVVec<Option<Slot<Entry>>>,
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

    /// Makes room for one more entry. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the index is unchanged then.
    pub(crate) fn reserve(&mut self) -> Result {
        let len = self.len.checked_add(1).ok_or(ENOMEM)?;
        let capacity = probe::capacity_for(len).ok_or(ENOMEM)?;
        if capacity > self.slots.len() {
            let mut slots = KVVec::from_elem(None, capacity, GFP_KERNEL_ACCOUNT)?;
            probe::rehash(&mut self.slots, &mut slots);
            self.slots = slots;
        }
        Ok(())
    }

    /// Adds an entry after [`Self::reserve`]. Gives it back if there is no room.
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
