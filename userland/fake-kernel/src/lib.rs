// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model of the kernel's accounting subsystem behind the library's transport trait: commands and library can be tested
//! end to end without root, and with faults that a real kernel shows rarely.
//!
//! It reads and writes bytes with code of its own, so that a mistake in the library's encoder cannot hide.

#![allow(clippy::expect_used)] // A broken request is a failed test.

mod many;
mod socket;
mod table;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use many::Many;
pub use socket::{FakeSocket, PORT};
pub use table::Object;

use table::Table;

/// One network namespace with its accounting objects.
#[derive(Clone, Default)]
pub struct FakeKernel(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    table: Table,
    /// Every request is refused with this error number.
    refuse: Option<i32>,
    /// Objects of this name are not created any more: `ENOMEM`, so many times.
    full: Option<(Vec<u8>, usize)>,
    /// The next receive calls fail with these error numbers.
    faults: Vec<i32>,
    /// So many dumps are marked as interrupted.
    interrupted_dumps: usize,
    /// Refusals come without a text, as from the C module.
    terse: bool,
    /// Revisions of the match that `nft_compat` knows; `None` without `nft_compat`.
    revisions: Option<Vec<u32>>,
    /// Events that no monitor has read yet, as wire bytes.
    events: Vec<Vec<u8>>,
}

impl FakeKernel {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new socket; a process opens one.
    #[must_use]
    pub fn socket(&self) -> FakeSocket {
        FakeSocket::new(self.clone())
    }

    /// From now on every request is refused: 1 = `EPERM` for lack of a capability, 22 = `EINVAL` for a kernel without
    /// the subsystem. `None` ends it.
    pub fn refuse(&self, errno: Option<i32>) {
        self.state().refuse = errno;
    }

    /// The next creations of this object, so many of them, are refused with `ENOMEM`.
    pub fn no_memory(&self, name: &str, times: usize) {
        self.state().full = Some((name.into(), times));
    }

    /// The next receive call fails with this error number; several calls queue up.
    pub fn fault(&self, errno: i32) {
        self.state().faults.push(errno);
    }

    /// Marks the next dump with `NLM_F_DUMP_INTR`.
    pub fn interrupt_dump(&self) {
        self.interrupt_dumps(1);
    }

    /// Marks so many of the next dumps.
    pub fn interrupt_dumps(&self, times: usize) {
        self.state().interrupted_dumps = times;
    }

    /// From now on refusals come without a text, as from the C module.
    pub fn terse(&self) {
        self.state().terse = true;
    }

    /// Adds `nft_compat`, with these revisions of the match.
    pub fn nft_compat(&self, revisions: &[u32]) {
        self.state().revisions = Some(revisions.to_vec());
    }

    /// A rule starts (`true`) or stops using the object.
    ///
    /// # Panics
    ///
    /// If there is no such object.
    pub fn rule(&self, name: &str, add: bool) {
        let mut state = self.state();
        let object = state.table.find(name.as_bytes());
        let object = object.unwrap_or_else(|| panic!("no object {name}"));
        object.references = if add {
            object.references + 1
        } else {
            object.references - 1
        };
    }

    /// A packet of `size` bytes passes a rule with this object.
    ///
    /// # Panics
    ///
    /// If there is no such object.
    pub fn packet(&self, name: impl AsRef<[u8]>, size: u64) {
        let mut state = self.state();
        let name = name.as_ref();
        let object = state.table.find(name);
        let object = object.unwrap_or_else(|| panic!("no object {}", name.escape_ascii()));
        if object.count(size) {
            let event = wire::event(object);
            state.events.push(event);
        }
    }

    /// The objects in the order of their creation.
    #[must_use]
    pub fn objects(&self) -> Vec<Object> {
        self.state().table.all().to_vec()
    }
}
