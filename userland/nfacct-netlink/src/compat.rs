// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asks nftables (`nft_compat`) which revisions of an iptables match the kernel has.

use neli::{
    consts::{
        genl::NlAttrType,
        nl::{NlType, NlmF},
    },
    neli_enum,
};

use crate::{
    Client, Error,
    attr::{BeU32, attribute},
    message::Request,
    transport::Transport,
};

/// Message types of the subsystem 11.
#[neli_enum(serialized_type = "u16")]
pub enum CompatMsg {
    /// Ask for an extension.
    Get = 0xb00,
}

impl NlType for CompatMsg {}

/// Attributes of the subsystem 11 (`enum nft_compat_attributes`).
#[neli_enum(serialized_type = "u16")]
pub enum CompatAttr {
    Unspec = 0,
    /// Name with a final NUL.
    Name = 1,
    /// Revision, u32, big endian.
    Revision = 2,
    /// 0 = match, 1 = target, u32, big endian.
    Type = 3,
}

impl NlAttrType for CompatAttr {}

/// A protocol family of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    Ip = 2,
    /// IPv6.
    Ip6 = 10,
}

impl<T: Transport> Client<T> {
    /// Does the kernel have this revision of the match `nfacct`, as seen from nftables? It loads the module if it can.
    ///
    /// An error with `EINVAL` means that the kernel has no `nft_compat`.
    pub fn match_revision(&mut self, family: Family, revision: u32) -> Result<bool, Error> {
        const ENOENT: i32 = 2;
        const EPROTONOSUPPORT: i32 = 93;
        let request = Request {
            kind: CompatMsg::Get,
            flags: NlmF::ACK,
            family: family as u8,
            attrs: vec![
                attribute(CompatAttr::Name, &b"nfacct\0"[..])?,
                attribute(CompatAttr::Revision, BeU32(revision))?,
                attribute(CompatAttr::Type, BeU32(0))?,
            ],
        };
        match self.exchange(request, |_| Ok(())) {
            Ok(()) => Ok(true),
            Err(Error::Kernel(refusal)) if [ENOENT, EPROTONOSUPPORT].contains(&refusal.errno) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
