// SPDX-License-Identifier: GPL-2.0-only

//! The match: counts the packets of a rule in a named accounting object.
//!
//! C counterpart: `nfacct_mt()`, `nfacct_mt_checkentry()` and `nfacct_mt_destroy()`.

use crate::{
    accounting::head::Metered,
    model::name::NAME_MAX,
    netfilter::{
        log,
        net::Net,
        nf_acct::{Accounting, AccountingRef},
        packet::Packet,
        uapi,
        xtables::{Match, Parameters},
    },
};
use kernel::prelude::*;

/// `-m nfacct --nfacct-name NAME`.
pub(crate) struct Nfacct;

impl Match for Nfacct {
    const NAME: &'static CStr = c"nfacct";
    const FAMILY: u32 = uapi::NFPROTO_UNSPEC;
    type User = [u8; NAME_MAX];
    type State = AccountingRef;

    fn check(net: Net<'_>, user: &Self::User) -> Result<AccountingRef> {
        AccountingRef::find(net, user).ok_or_else(|| {
            log::missing_object(user);
            ENOENT
        })
    }

    #[inline(always)]
    fn matches(packet: &Packet, parameters: &Parameters, object: Accounting<'_>) -> bool {
        match object.head().count(packet.len()) {
            None => true,
            Some(metered) => judge(metered, object, parameters),
        }
    }
}

/// Whether a packet that was just counted is above the quota; sends the event if it is due.
///
/// Not inlined, so that objects without a quota do not pay for its stack frame.
#[inline(never)]
fn judge(metered: Metered<'_>, object: Accounting<'_>, parameters: &Parameters) -> bool {
    let judgement = metered.judge();
    if judgement.to_report {
        object.report(parameters.net());
    }
    judgement.exceeded
}
