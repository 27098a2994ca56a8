// SPDX-License-Identifier: MIT OR Apache-2.0
//! Read one object.

use neli::consts::nl::NlmF;

use crate::{
    Error, Name,
    message::{AcctMsg, Request},
    request::name_attribute,
};

/// Asks for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Get {
    name: Name,
    reset: bool,
}

impl Get {
    /// Reads the object `name`.
    #[must_use]
    pub fn new(name: Name) -> Self {
        Self { name, reset: false }
    }

    /// Also set its counters to zero and clear its over-quota mark.
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.reset = true;
        self
    }

    /// The message of this request.
    pub fn request(&self) -> Result<Request, Error> {
        Ok(Request::new(
            if self.reset { AcctMsg::GetReset } else { AcctMsg::Get },
            NlmF::ACK,
            vec![name_attribute(&self.name)?],
        ))
    }
}
