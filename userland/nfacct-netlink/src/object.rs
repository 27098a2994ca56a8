// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accounting objects as the kernel reports them: borrowed from the receive buffer, or owned.

use crate::{
    Error, Name,
    attr::{AcctAttr, attributes},
    message::NFGENMSG,
    name::NAME_MAX,
};

/// The flag bits of an object, with the bits that nobody knows kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u32);

impl Flags {
    /// The quota counts packets.
    pub const QUOTA_PACKETS: Self = Self(1);
    /// The quota counts bytes.
    pub const QUOTA_BYTES: Self = Self(2);
    /// The quota was reached; a reset clears it.
    pub const OVER_QUOTA: Self = Self(4);

    /// Are all bits of `other` set?
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a quota limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuotaKind {
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
    /// Something that this library does not know.
    Unknown,
}

impl QuotaKind {
    /// The flag that asks for this kind.
    pub(crate) fn flags(self) -> Flags {
        match self {
            Self::Packets => Flags::QUOTA_PACKETS,
            Self::Bytes => Flags::QUOTA_BYTES,
            Self::Unknown => Flags::default(),
        }
    }
}

/// The quota of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    /// What is limited.
    pub kind: QuotaKind,
    /// The limit.
    pub limit: u64,
    /// Was the limit reached since the last reset?
    pub exceeded: bool,
}

/// An accounting object; its name still lies in the receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectRef<'a> {
    /// The name: 1 to 31 bytes of anything but NUL.
    pub name: &'a [u8],
    /// Packets counted.
    pub packets: u64,
    /// Bytes counted.
    pub bytes: u64,
    /// References; 1 means that no rule uses the object.
    pub references: Option<u32>,
    /// The quota, if there is one.
    pub quota: Option<Quota>,
}

impl<'a> ObjectRef<'a> {
    /// Reads the payload of a message; of an attribute that comes twice the last one counts, as in the kernel.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, Error> {
        let attrs = payload
            .get(NFGENMSG..)
            .ok_or(Error::Malformed("message without nfgenmsg header"))?;
        let (mut name, mut packets, mut bytes) = (None, None, None);
        let (mut references, mut flags, mut limit) = (None, None, None);
        for attr in attributes(attrs) {
            let attr = attr?;
            match AcctAttr::from(attr.kind) {
                AcctAttr::Name => name = Some(parse_name(attr.payload)?),
                AcctAttr::Packets => packets = Some(parse_u64(attr.payload)?),
                AcctAttr::Bytes => bytes = Some(parse_u64(attr.payload)?),
                AcctAttr::Use => references = Some(parse_u32(attr.payload)?),
                AcctAttr::Flags => flags = Some(Flags(parse_u32(attr.payload)?)),
                AcctAttr::Quota => limit = Some(parse_u64(attr.payload)?),
                _ => {}
            }
        }
        Ok(Self {
            name: name.ok_or(Error::Malformed("object without a name"))?,
            packets: packets.ok_or(Error::Malformed("object without a packet counter"))?,
            bytes: bytes.ok_or(Error::Malformed("object without a byte counter"))?,
            references,
            quota: flags.zip(limit).map(|(flags, limit)| Quota::new(flags, limit)),
        })
    }

    /// The number of rules that use the object.
    #[must_use]
    pub fn rules(&self) -> Option<u32> {
        self.references.map(|references| references.saturating_sub(1))
    }

    /// What the quota counts: packets or bytes.
    #[must_use]
    pub fn quota_counter(&self) -> Option<u64> {
        match self.quota?.kind {
            QuotaKind::Packets => Some(self.packets),
            QuotaKind::Bytes => Some(self.bytes),
            QuotaKind::Unknown => None,
        }
    }

    /// The used part of the quota: 1.0 when it is reached, more beyond it.
    #[must_use]
    pub fn quota_used(&self) -> Option<f64> {
        let counter = self.quota_counter()?;
        let limit = self.quota?.limit;
        // A ratio needs no more than 53 bits.
        #[allow(clippy::cast_precision_loss)]
        let used = if limit == 0 { 1.0 } else { counter as f64 / limit as f64 };
        Some(used)
    }

    /// A copy that outlives the receive buffer.
    #[must_use]
    pub fn to_object(&self) -> Object {
        Object {
            name: Name::truncated(self.name),
            packets: self.packets,
            bytes: self.bytes,
            references: self.references,
            quota: self.quota,
        }
    }
}

/// An accounting object that owns its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// The name.
    pub name: Name,
    /// Packets counted.
    pub packets: u64,
    /// Bytes counted.
    pub bytes: u64,
    /// References; 1 means that no rule uses the object.
    pub references: Option<u32>,
    /// The quota, if there is one.
    pub quota: Option<Quota>,
}

impl Object {
    /// The borrowed view, as output code takes it.
    #[must_use]
    pub fn as_ref(&self) -> ObjectRef<'_> {
        ObjectRef {
            name: self.name.as_bytes(),
            packets: self.packets,
            bytes: self.bytes,
            references: self.references,
            quota: self.quota,
        }
    }
}

impl Quota {
    fn new(flags: Flags, limit: u64) -> Self {
        let kind = if flags.contains(Flags::QUOTA_BYTES) {
            QuotaKind::Bytes
        } else if flags.contains(Flags::QUOTA_PACKETS) {
            QuotaKind::Packets
        } else {
            QuotaKind::Unknown
        };
        Self {
            kind,
            limit,
            exceeded: flags.contains(Flags::OVER_QUOTA),
        }
    }
}

fn parse_name(payload: &[u8]) -> Result<&[u8], Error> {
    payload
        .iter()
        .position(|&b| b == 0)
        .filter(|len| (1..=NAME_MAX).contains(len))
        .and_then(|len| payload.get(..len))
        .ok_or(Error::Malformed("name of an object"))
}

fn parse_u64(payload: &[u8]) -> Result<u64, Error> {
    payload
        .try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| Error::Malformed("size of a 64-bit attribute"))
}

fn parse_u32(payload: &[u8]) -> Result<u32, Error> {
    payload
        .try_into()
        .map(u32::from_be_bytes)
        .map_err(|_| Error::Malformed("size of a 32-bit attribute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payload with these attributes, all padded.
    fn payload(attrs: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; NFGENMSG];
        for (kind, data) in attrs {
            bytes.extend(u16::try_from(data.len() + 4).unwrap().to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(*data);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    const EIGHT: &[u8] = &[0, 0, 0, 0, 0, 0, 1, 2];
    const MAX: &[u8] = &[0xff; 8];

    #[test]
    fn reads_a_quota_object_with_unknown_attributes() {
        let bytes = payload(&[
            (1, b"q1\0"),
            (99, b"new in some later kernel"),
            (2, EIGHT),
            (3, MAX),
            (4, &[0, 0, 0, 3]),
            (5, &[0, 0, 0x10, 6]),
            (6, EIGHT),
        ]);
        let object = ObjectRef::parse(&bytes).unwrap();
        assert_eq!((object.name, object.packets, object.bytes), (&b"q1"[..], 258, u64::MAX));
        assert_eq!(object.references, Some(3));
        let quota = object.quota.unwrap();
        assert_eq!((quota.kind, quota.limit, quota.exceeded), (QuotaKind::Bytes, 258, true));
        assert_eq!(object.to_object().as_ref(), object);
    }

    #[test]
    fn the_last_of_two_equal_attributes_counts() {
        let bytes = payload(&[(1, b"a\0"), (2, EIGHT), (3, EIGHT), (2, MAX), (1, b"b\0")]);
        let object = ObjectRef::parse(&bytes).unwrap();
        assert_eq!((object.name, object.packets), (&b"b"[..], u64::MAX));
    }

    #[test]
    fn refuses_what_no_kernel_sends() {
        let long = [b'x'; 33];
        let bad: &[&[(u16, &[u8])]] = &[
            &[(2, EIGHT), (3, EIGHT)],
            &[(1, b"a\0"), (3, EIGHT)],
            &[(1, b"a\0"), (2, EIGHT)],
            &[(1, b"no NUL"), (2, EIGHT), (3, EIGHT)],
            &[(1, b"\0"), (2, EIGHT), (3, EIGHT)],
            &[(1, b""), (2, EIGHT), (3, EIGHT)],
            &[(1, &long), (2, EIGHT), (3, EIGHT)],
            &[(1, b"a\0"), (2, &[0; 7]), (3, EIGHT)],
            &[(1, b"a\0"), (2, EIGHT), (3, &[0; 9])],
            &[(1, b"a\0"), (2, EIGHT), (3, EIGHT), (4, &[0; 8])],
        ];
        for attrs in bad {
            let bytes = payload(attrs);
            assert!(
                matches!(ObjectRef::parse(&bytes), Err(Error::Malformed(_))),
                "{attrs:?}"
            );
        }
        assert!(ObjectRef::parse(&[0; 3]).is_err());
    }
}
