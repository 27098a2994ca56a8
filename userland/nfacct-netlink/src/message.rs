// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages of the accounting subsystem on neli's traits: type, `nfgenmsg` header with attributes, encoding.

use std::io::Cursor;

use neli::{
    FromBytesWithInput, Header, Size, ToBytes,
    consts::{
        genl::NlAttrType,
        nl::{NlType, NlmF},
    },
    genl::Nlattr,
    neli_enum,
    nl::{NlPayload, NlmsghdrBuilder},
    types::{Buffer, GenlBuffer},
};

use crate::{Error, attr::AcctAttr};

/// Multicast group of the over-quota events (`NFNLGRP_ACCT_QUOTA`).
pub const GROUP_ACCT_QUOTA: u32 = 8;

/// Message types: the subsystem number (7) in the high byte, the command in the low one.
#[neli_enum(serialized_type = "u16")]
pub enum AcctMsg {
    /// Create an object; also the type of every answer and event.
    New = 0x700,
    /// Read one object, or all.
    Get = 0x701,
    /// Read and reset one object, or all.
    GetReset = 0x702,
    /// Delete one object, or all unused ones.
    Delete = 0x703,
}

impl NlType for AcctMsg {}

/// `struct nfgenmsg` and the attributes that follow it.
///
/// The accounting subsystem uses neither family nor version nor resource id: its requests leave them zero.
#[derive(Debug, PartialEq, Eq, Size, ToBytes, FromBytesWithInput, Header)]
#[neli(to_bytes_bound = "A: NlAttrType")]
#[neli(from_bytes_bound = "A: NlAttrType")]
pub struct Payload<A> {
    family: u8,
    version: u8,
    res_id: u16,
    #[neli(input = "input.checked_sub(Self::header_size()).ok_or(neli::err::DeError::InvalidInput(input))?")]
    attrs: GenlBuffer<A, Buffer>,
}

/// Length of `struct nfgenmsg`.
pub(crate) const NFGENMSG: usize = 4;

/// Everything of a request but its sequence number.
#[derive(Debug)]
pub struct Request<K = AcctMsg, A = AcctAttr> {
    pub(crate) kind: K,
    pub(crate) flags: NlmF,
    pub(crate) family: u8,
    pub(crate) attrs: Vec<Nlattr<A, Buffer>>,
}

impl Request {
    /// A request to the accounting subsystem.
    pub(crate) fn new(kind: AcctMsg, flags: NlmF, attrs: Vec<Nlattr<AcctAttr, Buffer>>) -> Self {
        Self {
            kind,
            flags,
            family: 0,
            attrs,
        }
    }
}

impl<K: NlType, A: NlAttrType> Request<K, A> {
    /// The bytes to send; `port` stays zero, the kernel knows the sender.
    pub fn encode(self, seq: u32) -> Result<Vec<u8>, Error> {
        let payload = Payload {
            family: self.family,
            version: 0,
            res_id: 0,
            attrs: self.attrs.into_iter().collect(),
        };
        let message = NlmsghdrBuilder::default()
            .nl_type(self.kind)
            .nl_flags(NlmF::REQUEST | self.flags)
            .nl_seq(seq)
            .nl_payload(NlPayload::Payload(payload))
            .build()
            .map_err(|_| Error::Encode)?;
        let mut bytes = Cursor::new(Vec::with_capacity(message.padded_size()));
        message.to_bytes(&mut bytes).map_err(|_| Error::Encode)?;
        Ok(bytes.into_inner())
    }

    /// Does the kernel answer with a list that ends in `NLMSG_DONE`?
    pub(crate) fn is_dump(&self) -> bool {
        self.flags.contains(NlmF::DUMP)
    }

    /// Are there counts in the answer that exist nowhere else?
    pub(crate) fn is_reset(&self) -> bool {
        self.kind.into() == u16::from(AcctMsg::GetReset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::attribute;

    #[test]
    fn payload_survives_a_round_trip_through_neli() {
        let payload = Payload {
            family: 1,
            version: 2,
            res_id: 3,
            attrs: [attribute(AcctAttr::Name, &b"n1\0"[..]).unwrap()].into_iter().collect(),
        };
        let mut bytes = Cursor::new(Vec::new());
        payload.to_bytes(&mut bytes).unwrap();
        let bytes = bytes.into_inner();
        let len = bytes.len();
        assert_eq!(Payload::<AcctAttr>::header_size(), NFGENMSG);
        assert_eq!(
            Payload::from_bytes_with_input(&mut Cursor::new(bytes), len).unwrap(),
            payload
        );
    }

    #[test]
    fn unknown_types_keep_their_number() {
        assert!(AcctMsg::from(0x704).is_unrecognized());
        assert_eq!(u16::from(AcctMsg::from(0x704)), 0x704);
    }
}
