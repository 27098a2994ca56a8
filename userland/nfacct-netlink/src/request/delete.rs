// SPDX-License-Identifier: MIT OR Apache-2.0
//! Delete one object, or all that no rule uses.

use neli::consts::nl::NlmF;

use crate::{
    Error, Name,
    message::{AcctMsg, Request},
    request::name_attribute,
};

/// Asks to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delete {
    name: Option<Name>,
}

impl Delete {
    /// Deletes the object `name`; the kernel answers `EBUSY` if a rule uses it.
    #[must_use]
    pub fn one(name: Name) -> Self {
        Self { name: Some(name) }
    }

    /// Deletes all objects that no rule uses and keeps the others.
    #[must_use]
    pub fn all_unused() -> Self {
        Self { name: None }
    }

    /// The message of this request.
    pub fn request(&self) -> Result<Request, Error> {
        let name = self.name.as_ref().map(name_attribute).transpose()?;
        Ok(Request::new(AcctMsg::Delete, NlmF::ACK, name.into_iter().collect()))
    }
}
