// SPDX-License-Identifier: GPL-2.0-only

//! An accounting object.
//!
//! C counterpart: `struct nf_acct`. Memory is counted by [`Arc`]; `users` counts the rules that
//! refer to the object, which is what user space sees and what forbids a deletion.

use super::{cell_pool::Supply, counters::Aftermath, head::Head, table::Locked};
use crate::model::{
    name::Name,
    quota::{Counters, Quota, F_OVERQUOTA},
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc, UniqueArc,
    },
};

/// A named pair of counters, maybe with a quota.
///
/// The head comes first: a pointer to an object is a pointer to its head.
#[repr(C)]
pub(crate) struct Object {
    head: Head,
    id: u64,
    users: Atomic<u32>,
    name: Name,
}

// With its reference count an object fits the slab of 96 bytes, like that of C.
static_assert!(core::mem::size_of::<Object>() <= 96 - core::mem::size_of::<u64>());

/// An object that nobody else knows yet.
pub(crate) struct NewObject(UniqueArc<Object>);

impl NewObject {
    /// The name.
    pub(crate) fn name(&self) -> &Name {
        self.0.name()
    }

    /// Gives the object its number.
    pub(super) fn numbered(mut self, id: u64) -> Arc<Object> {
        self.0.id = id;
        self.0.into()
    }
}

/// The state of an object at one time.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot {
    /// The counters.
    pub(crate) counters: Counters,
    /// `NFACCT_F_*`; 0 without a quota.
    pub(crate) flags: u32,
    /// `NFACCT_USE`: rules that refer to the object, plus one for its table.
    pub(crate) uses: u32,
}

impl Object {
    /// Makes an object, charged to the caller's memory cgroup. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(super) fn create(
        name: Name,
        quota: Option<Quota>,
        start: Counters,
        cells: &mut Supply,
    ) -> Result<NewObject> {
        let object = Self {
            head: Head::new(quota, start, cells)?,
            id: 0,
            users: Atomic::new(0),
            name,
        };
        Ok(NewObject(UniqueArc::new(object, GFP_KERNEL_ACCOUNT)?))
    }

    /// The number that says when the object was created.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The part that packets work on.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The name.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// `NFACCT_F_*` for filters and replies.
    pub(crate) fn flags(&self) -> u32 {
        match self.head.quota() {
            None => 0,
            Some(quota) if self.head.is_over_quota() => quota.flag() | F_OVERQUOTA,
            Some(quota) => quota.flag(),
        }
    }

    /// The state now. With the table locked no reset can come in between; without, see
    /// [`Head::begin_event`].
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            flags: self.flags(),
            counters: self.head.read(),
            uses: self.uses(),
        }
    }

    /// `NFACCT_USE` now.
    pub(crate) fn uses(&self) -> u32 {
        self.users.load(Relaxed).wrapping_add(1)
    }

    /// Takes the reported counters off; tells which events are to be sent.
    ///
    /// `_locked` is proof that the table of the object is locked, which `reported` must have been
    /// read under.
    #[must_use]
    pub(crate) fn reset(&self, reported: &Snapshot, _locked: &Locked) -> Aftermath {
        self.head.reset(reported.counters)
    }

    /// Counts a rule that refers to the object from now on. `_locked` as above.
    pub(crate) fn add_user(&self, _locked: &Locked) {
        self.users.fetch_add(1, Relaxed);
    }

    /// Counts a rule that does not refer to the object any more. Needs no lock.
    pub(crate) fn remove_user(&self) {
        self.users.fetch_sub(1, Release);
    }

    /// Whether no rule refers to the object. It stays so while the table is locked.
    pub(crate) fn is_unused(&self, _locked: &Locked) -> bool {
        self.users.load(Acquire) == 0
    }
}
