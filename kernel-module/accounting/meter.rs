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
        shared_word::SharedByte,
    },
};

/// A limit and what is known about it.
///
/// # Invariants
///
/// `answer` is right for packets whose CPU is below its bound, and stays so for those that have seen
/// that just before the bound was closed. Bounds, `answer`, `open` and `event` are written with
/// `lock` held.
#[repr(C)]
pub(crate) struct Meter {
    pub(super) bounds: Bounds,
    pub(super) limit: u64,
    pub(super) unit: Unit,
    /// An [`Answer`]. Closing the bounds leaves it as it is.
    pub(super) answer: SharedByte,
    /// Whether a bound may be open: not 0. Only used with `lock` held.
    pub(super) open: SharedByte,
    /// An [`Event`].
    pub(super) event: SharedByte,
    pub(super) lock: IrqLock,
}

/// What a packet need not find out as long as its CPU is below its bound.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The counter is not above the limit.
    NotExceeded,
    /// The counter is above the limit: the match is true.
    Exceeded,
}

/// How far the event of this period is.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// No packet has found the limit reached.
    None,
    /// A packet has, and the event was not sent yet.
    Due,
    /// The event was sent.
    Sent,
}

impl Meter {
    /// Whether the packet that this CPU has just counted in `cells` is above the limit; [`None`]
    /// if that has to be found out. Any context.
    #[inline(always)]
    pub(crate) fn known(&self, cells: &Cells) -> Option<bool> {
        // The bound is read first: it is written last.
        self.bounds
            .hold(cells, self.unit)
            .then(|| self.answer.get() == Answer::Exceeded as u8)
    }

    /// The limit.
    pub(crate) fn quota(&self) -> Quota {
        Quota {
            unit: self.unit,
            limit: self.limit,
        }
    }
}
