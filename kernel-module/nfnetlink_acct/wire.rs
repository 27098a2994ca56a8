// SPDX-License-Identifier: GPL-2.0-only

//! The wire format: what requests may hold and how an object is reported.
//!
//! C counterpart: `nfnl_acct_policy`, `filter_policy` and `nfnl_acct_fill_info()`. Attribute order
//! and sizes are part of the interface.

use crate::{
    accounting::object::{Object, Snapshot},
    model::{
        name::NAME_MAX,
        quota::{Quota, F_OVERQUOTA, F_QUOTA, F_QUOTA_BYTES, F_QUOTA_PKTS},
    },
    netfilter::{
        attribute::Policy,
        buffer::MessageBuffer,
        message::{Header, NoRoom},
        recipient::Recipient,
        uapi,
    },
};
use kernel::prelude::*;

/// Number of attribute types of a request, including the unused type 0.
pub(crate) const ATTRIBUTES: usize = uapi::NFACCT_PAD as usize + 1;
/// Number of attribute types inside `NFACCT_FILTER`, including the unused type 0.
pub(crate) const FILTER_ATTRIBUTES: usize = uapi::NFACCT_FILTER_VALUE as usize + 1;

// The rules in `model` know no headers; here they meet.
static_assert!(NAME_MAX == uapi::NFACCT_NAME_MAX as usize);
static_assert!(F_QUOTA_PKTS == uapi::NFACCT_F_QUOTA_PKTS);
static_assert!(F_QUOTA_BYTES == uapi::NFACCT_F_QUOTA_BYTES);
static_assert!(F_OVERQUOTA == uapi::NFACCT_F_OVERQUOTA);

/// The attributes of all requests.
pub(crate) static POLICY: Policy<ATTRIBUTES> = Policy::new()
    .nul_string(uapi::NFACCT_NAME, NAME_MAX as u16 - 1)
    .typed(uapi::NFACCT_PKTS, uapi::NLA_U64)
    .typed(uapi::NFACCT_BYTES, uapi::NLA_U64)
    .be32_mask(uapi::NFACCT_FLAGS, F_QUOTA)
    .typed(uapi::NFACCT_QUOTA, uapi::NLA_U64)
    .typed(uapi::NFACCT_FILTER, uapi::NLA_NESTED);

/// The attributes inside `NFACCT_FILTER`.
pub(crate) static FILTER_POLICY: Policy<FILTER_ATTRIBUTES> = Policy::new()
    .typed(uapi::NFACCT_FILTER_MASK, uapi::NLA_U32)
    .typed(uapi::NFACCT_FILTER_VALUE, uapi::NLA_U32);

/// Appends the report of an object.
///
/// Answers to requests carry `NLM_F_MULTI`, those to a single GET included; events do not.
///
/// # Errors
///
/// [`NoRoom`]; the buffer is unchanged then.
pub(crate) fn report(
    buffer: &mut MessageBuffer,
    recipient: Recipient,
    object: &Object,
    snapshot: &Snapshot,
) -> Result<(), NoRoom> {
    let flags = if recipient.portid == 0 {
        0
    } else {
        uapi::NLM_F_MULTI as u16
    };
    let mut message = buffer
        .message(Header {
            recipient,
            subsystem: uapi::NFNL_SUBSYS_ACCT as u8,
            kind: uapi::NFNL_MSG_ACCT_NEW as u8,
            flags,
        })
        .ok_or(NoRoom)?;
    let pad = uapi::NFACCT_PAD;
    message.put(uapi::NFACCT_NAME, object.name().as_bytes_with_nul())?;
    message.put_be64(uapi::NFACCT_PKTS, snapshot.counters.pkts, pad)?;
    message.put_be64(uapi::NFACCT_BYTES, snapshot.counters.bytes, pad)?;
    message.put_be32(uapi::NFACCT_USE, snapshot.uses)?;
    if let Some(Quota { limit, .. }) = object.head().quota() {
        message.put_be32(uapi::NFACCT_FLAGS, snapshot.flags)?;
        message.put_be64(uapi::NFACCT_QUOTA, limit, pad)?;
    }
    message.end();
    Ok(())
}
