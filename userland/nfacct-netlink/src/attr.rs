// SPDX-License-Identifier: MIT OR Apache-2.0
//! Netlink attributes of the accounting subsystem: the constants, the builders used by requests, and a borrowing
//! reader that trusts no length.

use std::io::Cursor;

use neli::neli_enum;
use neli::{
    Size, ToBytes,
    consts::genl::NlAttrType,
    err::SerError,
    genl::{AttrTypeBuilder, Nlattr, NlattrBuilder},
    types::Buffer,
};

use crate::Error;

/// Attributes of an accounting message (`enum nfnl_attr_acct`).
#[neli_enum(serialized_type = "u16")]
pub enum AcctAttr {
    Unspec = 0,
    /// Name with a final NUL.
    Name = 1,
    /// Packets, u64, big endian.
    Packets = 2,
    /// Bytes, u64, big endian.
    Bytes = 3,
    /// Reference count, u32, big endian: 1 = not used by any rule.
    Use = 4,
    /// [`crate::Flags`], u32, big endian.
    Flags = 5,
    /// Limit, u64, big endian.
    Quota = 6,
    /// Nest of [`FilterAttr`].
    Filter = 7,
    Pad = 8,
}

impl NlAttrType for AcctAttr {}

/// Attributes inside [`AcctAttr::Filter`] (`enum nfnl_attr_filter_acct`).
#[neli_enum(serialized_type = "u16")]
pub enum FilterAttr {
    Unspec = 0,
    /// Flags to look at, u32, big endian.
    Mask = 1,
    /// Their wanted value, u32, big endian.
    Value = 2,
}

impl NlAttrType for FilterAttr {}

/// A 32-bit integer that is big endian on the wire; neli has only the 64-bit one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BeU32(pub(crate) u32);

impl Size for BeU32 {
    fn unpadded_size(&self) -> usize {
        size_of::<u32>()
    }
}

impl ToBytes for BeU32 {
    fn to_bytes(&self, buffer: &mut Cursor<Vec<u8>>) -> Result<(), SerError> {
        self.0.to_be_bytes().to_bytes(buffer)
    }
}

/// Builds one attribute.
pub(crate) fn attribute<T, P>(kind: T, payload: P) -> Result<Nlattr<T, Buffer>, Error>
where
    T: NlAttrType,
    P: Size + ToBytes,
{
    let build = || {
        let kind = AttrTypeBuilder::default().nla_type(kind).build().ok()?;
        NlattrBuilder::default()
            .nla_type(kind)
            .nla_payload(payload)
            .build()
            .ok()
    };
    build().ok_or(Error::Encode)
}

/// Builds a nest of attributes.
pub(crate) fn nest<T, I>(kind: T, inner: &[Nlattr<I, Buffer>]) -> Result<Nlattr<T, Buffer>, Error>
where
    T: NlAttrType,
    I: NlAttrType,
{
    inner
        .iter()
        .try_fold(attribute(kind, Buffer::new())?, Nlattr::nest)
        .map_err(|_| Error::Encode)
}

/// One received attribute, still in the receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawAttr<'a> {
    /// Type without the nested and byte order bits.
    pub(crate) kind: u16,
    pub(crate) payload: &'a [u8],
}

/// Walks over the attributes in `bytes`; a length that cannot be is an error and ends the walk.
pub(crate) fn attributes(bytes: &[u8]) -> impl Iterator<Item = Result<RawAttr<'_>, Error>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        // Up to three bytes of padding may follow the last attribute.
        if rest.len() < HEADER {
            rest = &[];
            return None;
        }
        let attr = split(&mut rest);
        if attr.is_none() {
            rest = &[];
        }
        Some(attr.ok_or(Error::Malformed("length of an attribute")))
    })
}

/// Length of `struct nlattr`.
const HEADER: usize = 4;
/// The two flag bits of `nla_type`.
const KIND_MASK: u16 = 0x3fff;

fn split<'a>(rest: &mut &'a [u8]) -> Option<RawAttr<'a>> {
    let len = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
    let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?) & KIND_MASK;
    let payload = rest.get(HEADER..len)?;
    *rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    Some(RawAttr { kind, payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_padded_attributes() {
        let bytes = [
            6, 0, 1, 0, b'x', 0, 0xee, 0xee, // padded name
            8, 0, 4, 0x80, 0, 0, 0, 1, // flag bit set
            5, 0, 9, 0, 7, // last one without padding
        ];
        let all: Vec<_> = attributes(&bytes).collect::<Result<_, _>>().unwrap();
        assert_eq!(
            all[0],
            RawAttr {
                kind: 1,
                payload: b"x\0"
            }
        );
        assert_eq!(
            all[1],
            RawAttr {
                kind: 4,
                payload: &[0, 0, 0, 1]
            }
        );
        assert_eq!(all[2], RawAttr { kind: 9, payload: &[7] });
    }

    #[test]
    fn refuses_impossible_lengths() {
        for len in [0u16, 1, 3, 9, u16::MAX] {
            let mut bytes = [0; 8];
            bytes[..2].copy_from_slice(&len.to_ne_bytes());
            let all: Vec<_> = attributes(&bytes).collect();
            assert_eq!(all.len(), 1, "length {len}");
            assert!(matches!(all[0], Err(Error::Malformed(_))), "length {len}");
        }
    }

    #[test]
    fn ignores_trailing_padding() {
        assert_eq!(attributes(&[0, 0, 0]).count(), 0);
        assert_eq!(attributes(&[]).count(), 0);
    }
}
