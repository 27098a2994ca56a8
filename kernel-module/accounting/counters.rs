// SPDX-License-Identifier: GPL-2.0-only

//! What only the provider does with the counters of an object: make, read and reset them.

use super::head::Head;
use crate::{
    model::{
        latch::Latch,
        quota::{Counters, Quota},
    },
    netfilter::{per_cpu::Cells, shared_word::SharedWord},
};

impl Head {
    /// Counters without a quota.
    pub(super) fn plain(cells: Cells, start: Counters) -> Self {
        Self::new(Some(cells), None, start)
    }

    /// Counters with a quota.
    pub(super) fn with_quota(quota: Quota, start: Counters) -> Self {
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

    /// The current values. Packets that are counted meanwhile may be in one, both or none of them.
    pub(crate) fn read(&self) -> Counters {
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

    /// Marks the quota as reached, unless that was done, or a reset has begun, since `seen` was
    /// read. Tells whether this call did it.
    pub(crate) fn fire(&self, seen: Latch) -> bool {
        !seen.is_fired() && self.latch.replace(seen.word(), seen.fired().word())
    }

    /// Takes `reported` off the counters and starts a new period of the quota.
    ///
    /// What was counted since `reported` was read remains. Tells whether that alone reaches the
    /// quota, so that the caller has to report it. Two resets must not overlap, from reading the
    /// counters to this call; the caller holds the lock that sees to it.
    pub(super) fn reset(&self, reported: Counters) -> bool {
        // While the latch is closed only this reset changes it, so both loops end at once: a
        // packet can get in before the first exchange, and that only from armed to fired.
        self.change_latch(Latch::closed);
        self.pkts.subtract(reported.pkts);
        self.bytes.subtract(reported.bytes);
        self.change_latch(Latch::opened);
        self.quota.is_some_and(|quota| {
            let left = quota.metered(self.read());
            left != 0 && quota.is_reached(left)
        })
    }

    fn change_latch(&self, change: impl Fn(Latch) -> Latch) {
        loop {
            let latch = self.latch();
            if self.latch.replace(latch.word(), change(latch).word()) {
                return;
            }
        }
    }
}
