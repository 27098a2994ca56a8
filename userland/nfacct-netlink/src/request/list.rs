// SPDX-License-Identifier: MIT OR Apache-2.0
//! Read all objects, or those that a filter selects.

use neli::consts::nl::NlmF;

use crate::{
    Error, Flags,
    attr::{AcctAttr, BeU32, FilterAttr, attribute, nest},
    message::{AcctMsg, Request},
};

/// Selects objects by their flags, in the kernel: those with `flags & mask == value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The flags to look at.
    pub mask: Flags,
    /// Their wanted value.
    pub value: Flags,
}

impl Filter {
    /// Objects without a quota.
    pub const PLAIN: Self = Self {
        mask: Flags(3),
        value: Flags(0),
    };
    /// Objects with a quota of packets.
    pub const PACKET_QUOTA: Self = Self::all_of(Flags::QUOTA_PACKETS);
    /// Objects with a quota of bytes.
    pub const BYTE_QUOTA: Self = Self::all_of(Flags::QUOTA_BYTES);
    /// Objects that have reached their quota.
    pub const OVER_QUOTA: Self = Self::all_of(Flags::OVER_QUOTA);

    /// Objects that have all of `flags`.
    #[must_use]
    pub const fn all_of(flags: Flags) -> Self {
        Self {
            mask: flags,
            value: flags,
        }
    }
}

/// Asks for the whole table.
///
/// ```
/// use nfacct_netlink::{Filter, List};
///
/// let everything = List::new();
/// let spent = List::new().filter(Filter::OVER_QUOTA).reset();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    filter: Option<Filter>,
    reset: bool,
}

impl List {
    /// Reads all objects.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those that `filter` selects.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Also set their counters to zero and clear their over-quota marks.
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.reset = true;
        self
    }

    /// The message of this request.
    pub fn request(&self) -> Result<Request, Error> {
        let filter = |filter: Filter| {
            nest(
                AcctAttr::Filter,
                &[
                    attribute(FilterAttr::Mask, BeU32(filter.mask.0))?,
                    attribute(FilterAttr::Value, BeU32(filter.value.0))?,
                ],
            )
        };
        Ok(Request::new(
            if self.reset { AcctMsg::GetReset } else { AcctMsg::Get },
            NlmF::DUMP,
            self.filter.map(filter).transpose()?.into_iter().collect(),
        ))
    }
}
