// SPDX-License-Identifier: MIT OR Apache-2.0
//! Creates objects one after the other up to the first failure, with few system calls.

use nfacct_netlink::{BATCH, Client, Error as KernelError, NewObject, Transport};

use crate::error::Error;

/// Objects on their way into the kernel.
pub(super) struct Sequence<T: Transport, F> {
    /// Opens the socket; not before the first object, as in the C tool.
    open: F,
    client: Option<Client<T>>,
    pending: Vec<NewObject>,
}

impl<T: Transport, F: FnMut() -> Result<Client<T>, KernelError>> Sequence<T, F> {
    pub(super) fn new(open: F) -> Self {
        Self {
            open,
            client: None,
            pending: Vec::new(),
        }
    }

    /// Did nothing happen yet?
    pub(super) fn is_new(&self) -> bool {
        self.client.is_none() && self.pending.is_empty()
    }

    /// Takes an object; it is created now or with some of the next ones.
    pub(super) fn push(&mut self, object: NewObject) -> Result<(), Error> {
        self.pending.push(object);
        if self.pending.len() < BATCH {
            Ok(())
        } else {
            self.flush()
        }
    }

    /// Creates what is pending. If one is refused, those after it must not exist either: the kernel has created them in
    /// the same system call, so they are deleted again.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let batch = std::mem::take(&mut self.pending);
        if batch.is_empty() {
            return Ok(());
        }
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert((self.open)()?),
        };
        let mut refused = Vec::new();
        let mut first = None;
        client.create_all(&batch, |index, error| {
            refused.push(index);
            first.get_or_insert(error);
        })?;
        let Some(error) = first else { return Ok(()) };
        let start = refused.iter().min().copied().unwrap_or_default();
        for (index, object) in batch.iter().enumerate().skip(start) {
            if !refused.contains(&index) {
                // If a rule took hold of it in this moment it has to stay.
                let _ = client.delete(object.name());
            }
        }
        Err(KernelError::from(error).into())
    }
}
