// SPDX-License-Identifier: GPL-2.0-only

//! The part of an accounting object that packets work on, shared by both modules.
//!
//! `nfnetlink_acct` makes objects that begin with a [`Head`]; `xt_nfacct` counts in it without
//! calling the provider. So its layout is an interface between the two, see [`PROVIDER_ABI`]. What
//! only the provider does with it is in `counters.rs`.
//!
//! Packets are counted in per-CPU cells that nobody clears while the object lives. The shared words
//! are the base: value = sum of the cells + base, modulo 2^64. A reset changes the base only.

use super::meter::{Answer, Meter};
use crate::{
    model::quota::Unit,
    netfilter::{per_cpu::Cells, shared_word::SharedWord},
};
use core::mem::{offset_of, size_of};
use kernel::prelude::*;

/// What `nfacct_rs_abi_1` holds: a digest of everything that the two modules must agree on.
///
/// Rename the symbol whenever one of these changes; this catches what was forgotten. That the
/// compiler is the same is seen to by the kernel, whose Rust symbols carry its version.
pub(crate) const PROVIDER_ABI: u32 = digest(&[
    size_of::<Head>(),
    offset_of!(Head, cells),
    offset_of!(Head, meter),
    size_of::<Meter>(),
    offset_of!(Meter, bounds),
    offset_of!(Meter, unit),
    offset_of!(Meter, answer),
    Answer::NotExceeded as usize,
    Answer::Exceeded as usize,
    Unit::Packets as usize,
    Unit::Bytes as usize,
    Cells::EACH_CPU as usize,
]);

const fn digest(numbers: &[usize]) -> u32 {
    let mut digest = 0_u32;
    let mut index = 0;
    while index < numbers.len() {
        digest = digest.wrapping_mul(131).wrapping_add(numbers[index] as u32);
        index += 1;
    }
    digest
}

/// The counters of an object.
#[repr(C)]
pub(crate) struct Head {
    pub(super) cells: Cells,
    /// There if the object has a quota, which never changes.
    pub(super) meter: Option<KBox<Meter>>,
    pub(super) pkts: SharedWord,
    pub(super) bytes: SharedWord,
}

/// Whether a packet is above the quota.
#[derive(Clone, Copy)]
pub(crate) enum Judgement {
    /// The object has no quota.
    NoQuota,
    /// It is, or not.
    Exceeded(bool),
    /// The provider has to find out, with `nfnl_acct_overquota()`.
    Unknown,
}

impl Head {
    /// Counts a packet of `len` bytes. Any context.
    #[inline(always)]
    pub(crate) fn count(&self, len: u32) {
        self.cells.count(u64::from(len));
    }

    /// Judges the packet that this CPU has just counted. Any context.
    #[inline(always)]
    pub(crate) fn judge(&self) -> Judgement {
        match &self.meter {
            None => Judgement::NoQuota,
            Some(meter) => meter
                .known(&self.cells)
                .map_or(Judgement::Unknown, Judgement::Exceeded),
        }
    }
}
