// SPDX-License-Identifier: GPL-2.0-only

//! The part of an accounting object that packets work on, shared by both modules.
//!
//! `nfnetlink_acct` makes objects that begin with a [`Head`]; `xt_nfacct` counts in it without
//! calling the provider. So its layout is an interface between the two, see [`PROVIDER_ABI`]. What
//! only the provider does with it is in `counters.rs`.
//!
//! Objects without a quota count in per-CPU cells that nobody ever clears. The shared words of
//! such an object are its base: value = sum of the cells + base, modulo 2^64. A reset changes the
//! base only. Objects with a quota count in the shared words, since each packet compares the exact
//! value with the limit.

use crate::{
    model::{
        latch::Latch,
        quota::{Quota, Unit},
    },
    netfilter::{per_cpu::Cells, shared_word::SharedWord},
};
use core::mem::{offset_of, size_of};

/// What `nfacct_rs_abi_1` holds: a digest of everything that the two modules must agree on.
///
/// Rename the symbol whenever one of these changes; this catches what was forgotten. That the
/// compiler is the same is seen to by the kernel, whose Rust symbols carry its version.
pub(crate) const PROVIDER_ABI: u32 = digest(&[
    size_of::<Head>(),
    offset_of!(Head, cells),
    offset_of!(Head, quota),
    offset_of!(Head, pkts),
    offset_of!(Head, bytes),
    offset_of!(Head, latch),
    size_of::<Option<Quota>>(),
    offset_of!(Quota, unit),
    offset_of!(Quota, limit),
    Unit::Packets as usize,
    Unit::Bytes as usize,
    Cells::LAYOUT,
    // CAST: The modules are for 64 bits only.
    Latch::ARMED.fired().word() as usize,
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
///
/// # Invariants
///
/// Exactly one of `cells` and `quota` is there; which one never changes.
#[repr(C)]
pub(crate) struct Head {
    pub(super) cells: Option<Cells>,
    pub(super) quota: Option<Quota>,
    pub(super) pkts: SharedWord,
    pub(super) bytes: SharedWord,
    pub(super) latch: SharedWord,
}

/// What a counted packet means for the quota.
#[derive(Clone, Copy)]
pub(crate) struct Judgement {
    /// The counter is above the limit: the match is true.
    pub(crate) exceeded: bool,
    /// The limit is reached, and no packet has reported it yet.
    pub(crate) to_report: bool,
}

impl Head {
    /// Counts a packet of `len` bytes. Any context.
    ///
    /// Returns what to compare with the quota; [`None`] without one, when there is nothing more
    /// to do: the path of such objects is two instructions that touch memory of this CPU only.
    #[inline(always)]
    pub(crate) fn count(&self, len: u32) -> Option<Metered<'_>> {
        if let Some(cells) = &self.cells {
            cells.count(u64::from(len));
            return None;
        }
        self.pkts.add(1);
        self.bytes.add(u64::from(len));
        self.metered()
    }

    /// The counters as an object with a quota; [`None`] without one.
    #[inline(always)]
    pub(crate) fn metered(&self) -> Option<Metered<'_>> {
        let quota = self.quota.as_ref()?;
        Some(Metered { head: self, quota })
    }

    /// Whether the quota was reached, and since which reset.
    #[inline(always)]
    pub(crate) fn latch(&self) -> Latch {
        Latch::from_word(self.latch.get())
    }
}

/// Counters with a quota.
#[derive(Clone, Copy)]
pub(crate) struct Metered<'a> {
    head: &'a Head,
    quota: &'a Quota,
}

impl Metered<'_> {
    /// Compares the counter with the limit. Any context.
    ///
    /// C counterpart: `nfnl_acct_overquota()` without the event.
    #[inline(always)]
    pub(crate) fn judge(self) -> Judgement {
        let now = match self.quota.unit {
            Unit::Packets => self.head.pkts.get(),
            Unit::Bytes => self.head.bytes.get(),
        };
        Judgement {
            exceeded: self.quota.is_exceeded(now),
            to_report: self.quota.is_reached(now) && !self.head.latch().is_fired(),
        }
    }
}
