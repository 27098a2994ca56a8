// SPDX-License-Identifier: GPL-2.0-only

//! The nfnetlink subsystem NFNL_SUBSYS_ACCT: named accounting objects.
//!
//! Replaces `net/netfilter/nfnetlink_acct.c`.

#![crate_name = "nfnetlink_acct"]

#[forbid(unsafe_code)]
#[path = "../accounting/mod.rs"]
mod accounting;
#[forbid(unsafe_code)]
mod commands;
#[forbid(unsafe_code)]
mod dump;
mod exports;
#[forbid(unsafe_code)]
#[path = "../model/mod.rs"]
mod model;
#[path = "../netfilter"]
mod netfilter {
    //! Safe wrappers of the C interfaces.

    pub(crate) mod attribute;
    pub(crate) mod bindings;
    pub(crate) mod buffer;
    pub(crate) mod cell_block;
    pub(crate) mod dump;
    pub(crate) mod extack;
    pub(crate) mod irq_lock;
    pub(crate) mod message;
    pub(crate) mod module_ref;
    pub(crate) mod net;
    pub(crate) mod nfnetlink;
    pub(crate) mod packet;
    pub(crate) mod per_cpu;
    pub(crate) mod per_cpu_owner;
    pub(crate) mod pernet;
    pub(crate) mod recipient;
    pub(crate) mod shared_word;
    pub(crate) mod siphash;
    pub(crate) mod this_module;
    pub(crate) mod uapi;
}
#[forbid(unsafe_code)]
mod notify;
#[forbid(unsafe_code)]
mod wire;

use accounting::table::Table;
use commands::{Delete, Get, New};
use kernel::prelude::*;
use netfilter::{
    nfnetlink::{self, Callback, Subsystem},
    pernet::{self, PerNet},
    uapi,
};
use wire::POLICY;

module! {
    type: NfnetlinkAcct,
    name: "nfnetlink_acct",
    authors: ["Pablo Neira Ayuso <pablo@netfilter.org>"],
    description: "nfacct: Extended Netfilter accounting infrastructure",
    license: "GPL",
    alias: ["nfnetlink-subsys-7"],
}

/// Message types by number; `NFNL_MSG_ACCT_OVERQUOTA` is never a request.
static CALLBACKS: [Callback; uapi::NFNL_MSG_ACCT_MAX as usize] = [
    Callback::new::<New, { wire::ATTRIBUTES }>(&POLICY),
    Callback::new::<Get<false>, { wire::ATTRIBUTES }>(&POLICY),
    Callback::new::<Get<true>, { wire::ATTRIBUTES }>(&POLICY),
    Callback::new::<Delete, { wire::ATTRIBUTES }>(&POLICY),
    Callback::REFUSED,
];

static SUBSYSTEM: Subsystem = Subsystem::new(c"acct", uapi::NFNL_SUBSYS_ACCT as u8, &CALLBACKS);

/// What is registered. Dropped in this order: no requests first, then no tables.
struct NfnetlinkAcct {
    _subsystem: nfnetlink::Registration,
    _tables: pernet::Registration<Table>,
    #[cfg(NFACCT_SLAB_CELLS)]
    _audit: netfilter::per_cpu::Audit,
}

impl kernel::Module for NfnetlinkAcct {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let tables = Table::pernet()
            .register()
            .inspect_err(|_| pr_err!("failed to register pernet ops\n"))?;
        let subsystem = SUBSYSTEM
            .register()
            .inspect_err(|_| pr_err!("cannot register with nfnetlink\n"))?;
        Ok(Self {
            _subsystem: subsystem,
            _tables: tables,
            #[cfg(NFACCT_SLAB_CELLS)]
            _audit: netfilter::per_cpu::Audit,
        })
    }
}
