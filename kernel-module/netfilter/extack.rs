// SPDX-License-Identifier: GPL-2.0-only

//! The extended acknowledgement: why a request was refused, and which attribute is to blame.
//!
//! C counterpart: `struct netlink_ext_ack`, `NL_SET_ERR_MSG_ATTR()` and `NL_SET_ERR_ATTR_MISS()`.

use super::{attribute::Attribute, bindings};
use core::marker::PhantomData;
use kernel::prelude::*;

/// What an error is about.
#[derive(Clone, Copy)]
pub(crate) enum Culprit<'a> {
    /// No attribute in particular.
    Nothing,
    /// This attribute.
    Attribute(Attribute<'a>),
    /// An attribute of this type is missing in the message.
    Missing(u32),
    /// An attribute of this type is missing in a nest.
    MissingIn(Attribute<'a>, u32),
}

/// The place for the explanation of an error; may be absent.
///
/// # Invariants
///
/// The pointer is null or valid for reads and writes during `'a`.
#[derive(Clone, Copy)]
pub(crate) struct ExtAck<'a>(*mut bindings::netlink_ext_ack, PhantomData<&'a ()>);

impl<'a> ExtAck<'a> {
    /// Views the structure that C passed.
    ///
    /// # Safety
    ///
    /// `extack` must be null or valid for reads and writes during `'a`, by nobody else.
    pub(crate) unsafe fn from_raw(extack: *mut bindings::netlink_ext_ack) -> Self {
        // INVARIANT: Required from the caller.
        Self(extack, PhantomData)
    }

    /// The structure for C.
    pub(crate) fn as_ptr(self) -> *mut bindings::netlink_ext_ack {
        self.0
    }

    /// Explains `error` and returns it.
    ///
    /// The text is copied: the acknowledgement is written after the callback has returned, and
    /// nothing keeps the module's text in memory then. It is cut at 79 bytes.
    pub(crate) fn refuse(self, error: Error, text: &'static CStr, culprit: Culprit<'_>) -> Error {
        // SAFETY: By the type invariant; the reference ends with this function.
        let Some(extack) = (unsafe { self.0.as_mut() }) else {
            return error;
        };
        extack._msg_buf.fill(0);
        // The last byte stays NUL.
        if let Some((_, room)) = extack._msg_buf.split_last_mut() {
            for (to, from) in room.iter_mut().zip(text.to_bytes_with_nul()) {
                *to = *from;
            }
        }
        extack._msg = (&raw const extack._msg_buf).cast();
        match culprit {
            Culprit::Nothing => {}
            Culprit::Attribute(attribute) => extack.bad_attr = attribute.as_ptr(),
            Culprit::Missing(attribute) => extack.miss_type = attribute as u16,
            Culprit::MissingIn(nest, attribute) => {
                extack.miss_type = attribute as u16;
                extack.miss_nest = nest.as_ptr();
            }
        }
        error
    }
}
