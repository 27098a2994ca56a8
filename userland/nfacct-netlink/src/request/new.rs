// SPDX-License-Identifier: MIT OR Apache-2.0
//! Create an object, or reset an existing one.

use neli::{BeU64, consts::nl::NlmF};

use crate::{
    Error, Name, QuotaKind,
    attr::{AcctAttr, BeU32, attribute},
    message::{AcctMsg, Request},
    request::name_attribute,
};

/// Asks for a new object.
///
/// ```
/// use nfacct_netlink::{Name, NewObject, QuotaKind};
///
/// let plain = NewObject::new(Name::new("http")?);
/// let limited = NewObject::new(Name::new("guest")?).quota(QuotaKind::Bytes, 10 << 30);
/// let restored = NewObject::new(Name::new("ssh")?).counters(12, 3400);
/// # Ok::<(), nfacct_netlink::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewObject {
    name: Name,
    packets: u64,
    bytes: u64,
    quota: Option<(QuotaKind, u64)>,
    replace: bool,
}

impl NewObject {
    /// An object without a quota that starts at zero.
    #[must_use]
    pub fn new(name: Name) -> Self {
        Self {
            name,
            packets: 0,
            bytes: 0,
            quota: None,
            replace: false,
        }
    }

    /// Where the counters start.
    #[must_use]
    pub fn counters(mut self, packets: u64, bytes: u64) -> Self {
        self.packets = packets;
        self.bytes = bytes;
        self
    }

    /// Adds to where the counters start; they wrap, as in the kernel.
    #[must_use]
    pub fn plus(self, packets: u64, bytes: u64) -> Self {
        self.counters(self.packets.wrapping_add(packets), self.bytes.wrapping_add(bytes))
    }

    /// Limits the object; [`QuotaKind::Unknown`] makes no quota.
    #[must_use]
    pub fn quota(mut self, kind: QuotaKind, limit: u64) -> Self {
        self.quota = (kind != QuotaKind::Unknown).then_some((kind, limit));
        self
    }

    /// If the object exists, set its counters to zero and clear its over-quota mark instead of failing with `EBUSY`.
    /// The kernel ignores the counters and the quota of this request then.
    #[must_use]
    pub fn replace(mut self) -> Self {
        self.replace = true;
        self
    }

    /// The name of the object.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The message of this request.
    pub fn request(&self) -> Result<Request, Error> {
        let mut attrs = vec![
            name_attribute(&self.name)?,
            attribute(AcctAttr::Packets, BeU64::new(self.packets))?,
            attribute(AcctAttr::Bytes, BeU64::new(self.bytes))?,
        ];
        if let Some((kind, limit)) = self.quota {
            attrs.push(attribute(AcctAttr::Flags, BeU32(kind.flags().0))?);
            attrs.push(attribute(AcctAttr::Quota, BeU64::new(limit))?);
        }
        let mut flags = NlmF::ACK | NlmF::CREATE;
        if self.replace {
            flags |= NlmF::REPLACE;
        }
        Ok(Request::new(AcctMsg::New, flags, attrs))
    }
}
