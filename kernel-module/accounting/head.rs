// SPDX-License-Identifier: GPL-2.0-only

//! The part of an accounting object that packets work on, shared by both modules.
//!
//! `nfnetlink_acct` makes objects that begin with a [`Head`]; `xt_nfacct` counts in it without
//! calling the provider. So its layout is an interface between the two, see [`PROVIDER_ABI`].
//!
//! Objects without a quota count in per-CPU cells that nobody ever clears. The shared words of
//! such an object are its base: value = sum of the cells + base, modulo 2^64. A reset changes the
//! base only. Objects with a quota count in the shared words, since each packet compares the exact
//! value with the limit.

use crate::{
    model::{
        latch::Latch,
        quota::{Counters, Quota, Unit},
    },
    netfilter::{per_cpu::Cells, shared_word::SharedWord},
};

/// What `nfacct_rs_abi_1` holds: tells apart builds whose [`Head`] differs.
///
/// Rename the symbol whenever a field moves or its meaning changes; this catches what was
/// forgotten.
pub(crate) const PROVIDER_ABI: u32 = {
    let layout = [
        core::mem::offset_of!(Head, cells),
        core::mem::offset_of!(Head, quota),
        core::mem::offset_of!(Head, pkts),
        core::mem::offset_of!(Head, bytes),
        core::mem::offset_of!(Head, latch),
    ];
    let mut digest = core::mem::size_of::<Head>() as u32;
    let mut index = 0;
    while index < layout.len() {
        digest = digest.wrapping_mul(131).wrapping_add(layout[index] as u32);
        index += 1;
    }
    digest
};

/// The counters of an object.
///
/// # Invariants
///
/// Exactly one of `cells` and `quota` is there; which one never changes.
#[repr(C)]
pub(crate) struct Head {
    cells: Option<Cells>,
    quota: Option<Quota>,
    pkts: SharedWord,
    bytes: SharedWord,
    latch: SharedWord,
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
    /// Counters without a quota.
    pub(crate) fn plain(cells: Cells, start: Counters) -> Self {
        Self::new(Some(cells), None, start)
    }

    /// Counters with a quota.
    pub(crate) fn with_quota(quota: Quota, start: Counters) -> Self {
        Self::new(None, Some(quota), start)
    }

    fn new(cells: Option<Cells>, quota: Option<Quota>, start: Counters) -> Self {
        Self {
            cells,
            quota,
            pkts: SharedWord::new(start.pkts),
            bytes: SharedWord::new(start.bytes),
            latch: SharedWord::new(Latch::ARMED.word()),
        }
    }

    /// The quota, if there is one.
    pub(crate) fn quota(&self) -> Option<Quota> {
        self.quota
    }

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

    /// Marks the quota as reached, unless that was done, or the object reset, since `seen` was
    /// read. Tells whether this call did it.
    pub(crate) fn fire(&self, seen: Latch) -> bool {
        !seen.is_fired() && self.latch.replace(seen.word(), seen.fired().word())
    }

    /// The current values.
    pub(crate) fn counters(&self) -> Counters {
        let base = Counters {
            pkts: self.pkts.get(),
            bytes: self.bytes.get(),
        };
        let cells = self.cells.as_ref().map(Cells::sum).unwrap_or_default();
        Counters {
            pkts: base.pkts.wrapping_add(cells.pkts),
            bytes: base.bytes.wrapping_add(cells.bytes),
        }
    }

    /// Takes `reported` off the counters and starts a new period of the quota.
    ///
    /// What was counted since `reported` was read remains. Two resets must not overlap, from
    /// reading the counters to this call; the caller holds the lock that sees to it.
    pub(crate) fn reset(&self, reported: Counters) {
        self.pkts.subtract(reported.pkts);
        self.bytes.subtract(reported.bytes);
        // Only a packet can change the latch meanwhile, and only from armed to fired.
        loop {
            let latch = self.latch();
            if self.latch.replace(latch.word(), latch.rearmed().word()) {
                break;
            }
        }
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
