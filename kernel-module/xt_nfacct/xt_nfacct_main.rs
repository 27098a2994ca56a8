// SPDX-License-Identifier: GPL-2.0-only

//! The xtables match `nfacct`.
//!
//! Replaces `net/netfilter/xt_nfacct.c`.

#![crate_name = "xt_nfacct"]

#[expect(dead_code, reason = "the rest is for the provider")]
#[forbid(unsafe_code)]
#[path = "../accounting"]
mod accounting {
    //! The part of an accounting object that packets work on.

    pub(crate) mod head;
    pub(crate) mod meter;
}
#[forbid(unsafe_code)]
mod match_info;
#[forbid(unsafe_code)]
#[expect(dead_code, reason = "the rest is for the provider")]
#[path = "../model"]
mod model {
    //! The rules of accounting objects.

    pub(crate) mod name;
    pub(crate) mod quota;
}
#[expect(dead_code, reason = "the rest is for the provider")]
#[path = "../netfilter"]
mod netfilter {
    //! Safe wrappers of the C interfaces.

    pub(crate) mod bindings;
    pub(crate) mod irq_lock;
    pub(crate) mod log;
    pub(crate) mod net;
    pub(crate) mod nf_acct;
    pub(crate) mod packet;
    pub(crate) mod per_cpu;
    pub(crate) mod shared_word;
    pub(crate) mod this_module;
    pub(crate) mod uapi;
    pub(crate) mod xtables;
}
#[forbid(unsafe_code)]
mod nfacct_match;

use kernel::prelude::*;
use netfilter::{
    nf_acct,
    xtables::{Entry, Matches, Registration},
};
use nfacct_match::Nfacct;

module! {
    type: XtNfacct,
    name: "xt_nfacct",
    authors: ["Pablo Neira Ayuso <pablo@netfilter.org>"],
    description: "Xtables: match for the extended accounting infrastructure",
    license: "GPL",
    alias: ["ipt_nfacct", "ip6t_nfacct"],
}

/// Revision 1 fixed the alignment for 32-bit user space; on 64 bits they are the same.
static MATCHES: Matches<2> = Matches::new([Entry::new::<Nfacct>(0), Entry::new::<Nfacct>(1)]);

/// What is registered.
struct XtNfacct {
    _matches: Registration<2>,
}

impl kernel::Module for XtNfacct {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        nf_acct::check_provider()?;
        Ok(Self {
            _matches: MATCHES.register()?,
        })
    }
}
