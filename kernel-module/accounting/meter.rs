// SPDX-License-Identifier: GPL-2.0-only

//! The part of a quota that packets work on, shared by both modules.
//!
//! All packets are counted in per-CPU cells. Whether the sum of them is above the limit need not be
//! found out for each packet: far from the limit the answer stays the same for a while. So the
//! provider finds it out now and then, and says for each CPU up to which value of its own counter
//! the answer holds. How that is exact all the same is in `docs/counters.md`.

use crate::{
    model::quota::{Quota, Unit},
    netfilter::{
        irq_lock::IrqLock,
        per_cpu::{Bounds, Cells},
        shared_word::SharedFlag,
    },
};

/// A limit and what is known about it.
///
/// # Invariants
///
/// `exceeded` holds for packets whose CPU is below its bound. Bounds are set and `exceeded`,
/// `reported` and `open` are written with `lock` held.
#[repr(C)]
pub(crate) struct Meter {
    pub(super) bounds: Bounds,
    pub(super) limit: u64,
    pub(super) unit: Unit,
    /// The counter is above the limit: the match is true.
    pub(super) exceeded: SharedFlag,
    /// The event of this period was sent.
    pub(super) reported: SharedFlag,
    /// Some CPU may be below its bound.
    pub(super) open: SharedFlag,
    pub(super) lock: IrqLock,
}

impl Meter {
    /// Whether the packet that this CPU has just counted in `cells` is above the limit; [`None`]
    /// if that has to be found out. Any context.
    #[inline(always)]
    pub(crate) fn known(&self, cells: &Cells) -> Option<bool> {
        // The bound is read first: it is written last.
        self.bounds
            .hold(cells, self.unit)
            .then(|| self.exceeded.get())
    }

    /// The limit.
    pub(crate) fn quota(&self) -> Quota {
        Quota {
            unit: self.unit,
            limit: self.limit,
        }
    }
}
