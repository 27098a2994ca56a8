// SPDX-License-Identifier: GPL-2.0-only

//! The match: counts the packets of a rule in a named accounting object.
//!
//! C counterpart: `nfacct_mt()`, `nfacct_mt_checkentry()` and `nfacct_mt_destroy()`.

use crate::{
    accounting::head::Judgement,
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
        let head = object.head();
        head.count(packet.len());
        match head.judge() {
            Judgement::NoQuota => true,
            Judgement::Exceeded(exceeded) => exceeded,
            Judgement::Unknown => ask(object, parameters),
        }
    }
}

/// Lets the provider find out. Not inlined, so that other packets do not pay for its stack frame.
#[cold]
#[inline(never)]
fn ask(object: Accounting<'_>, parameters: &Parameters) -> bool {
    object.judge(parameters.net())
}
