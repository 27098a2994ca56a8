// SPDX-License-Identifier: GPL-2.0-only

//! What only the provider does with the counters of an object: make, read, judge and reset them.

use super::{
    cell_pool::Supply,
    head::Head,
    meter::{Answer, Event, Meter},
};
use crate::{
    model::quota::{Counters, Quota},
    netfilter::{
        cell_block::CellBlock,
        irq_lock::{IrqGuard, IrqLock},
        per_cpu::Bounds,
        per_cpu_owner::count_possible_cpus,
        shared_word::{full_barrier, SharedByte, SharedWord},
    },
};
use kernel::{prelude::*, sync::Arc};

/// What was found out about the counters of an object with a quota.
#[derive(Clone, Copy)]
pub(crate) struct Finding {
    /// The counter is above the limit.
    pub(crate) exceeded: bool,
    /// The limit is reached, and the event was not sent yet.
    pub(crate) event_due: bool,
}

/// The events that a reset has to send.
#[derive(Clone, Copy, Default)]
pub(crate) struct Aftermath {
    /// That of the period which has ended: a packet has found it due, but not sent it in time.
    pub(crate) event_missed: bool,
    /// That of the new period: what was counted since the reading reaches the limit by itself.
    pub(crate) event_due: bool,
}

impl Meter {
    /// A meter that knows nothing yet, charged to the caller's memory cgroup. May sleep.
    fn new(quota: Quota, cells: &mut Supply) -> Result<KBox<Self>> {
        let meter = Self {
            bounds: Bounds::new(cells.take()?),
            limit: quota.limit,
            unit: quota.unit,
            answer: SharedByte::new(),
            open: SharedByte::new(),
            event: SharedByte::new(),
            lock: IrqLock::new(),
        };
        Ok(KBox::new(meter, GFP_KERNEL_ACCOUNT)?)
    }
}

impl Meter {
    fn is_event_sent(&self) -> bool {
        self.event.get() == Event::Sent as u8
    }
}

impl Head {
    /// Counters that start as `start`, charged to the caller's memory cgroup. May sleep.
    pub(super) fn new(quota: Option<Quota>, start: Counters, cells: &mut Supply) -> Result<Self> {
        Ok(Self {
            cells: cells.take()?,
            meter: quota.map(|quota| Meter::new(quota, cells)).transpose()?,
            pkts: SharedWord::new(start.pkts),
            bytes: SharedWord::new(start.bytes),
        })
    }

    /// The blocks that the cells are in.
    pub(super) fn blocks(&self) -> (Arc<CellBlock>, Option<Arc<CellBlock>>) {
        let bounds = self.meter.as_ref().map(|meter| meter.bounds.block());
        (self.cells.block(), bounds)
    }

    /// The quota, if there is one.
    pub(crate) fn quota(&self) -> Option<Quota> {
        self.meter.as_ref().map(|meter| meter.quota())
    }

    /// Whether the quota was reached since the last reset. False without one.
    pub(crate) fn is_over_quota(&self) -> bool {
        self.meter
            .as_ref()
            .is_some_and(|meter| meter.is_event_sent())
    }

    /// The current values. Packets that are counted meanwhile may be in one, both or none of them.
    pub(crate) fn read(&self) -> Counters {
        let cells = self.cells.sum();
        Counters {
            pkts: self.pkts.get().wrapping_add(cells.pkts),
            bytes: self.bytes.get().wrapping_add(cells.bytes),
        }
    }

    /// Finds out about the packet that was just counted. Any context.
    ///
    /// [`None`] without a quota.
    pub(crate) fn find_out(&self) -> Option<Finding> {
        let meter = self.meter.as_ref()?;
        let guard = meter.lock.lock();
        // Whoever had the lock before may have found it out.
        if let Some(exceeded) = meter.known(&self.cells) {
            return Some(Finding {
                exceeded,
                event_due: false,
            });
        }
        let finding = self.settle(meter, &guard);
        if finding.event_due {
            meter.event.set(Event::Due as u8);
        }
        Some(finding)
    }

    /// Marks the quota as reached, unless that was done, or it is not. Returns the counters for
    /// the event that the caller has to send. Any context.
    pub(crate) fn begin_event(&self) -> Option<(Quota, Counters)> {
        let meter = self.meter.as_ref()?;
        let _guard = meter.lock.lock();
        let counters = self.read();
        let quota = meter.quota();
        if meter.is_event_sent() || !quota.is_reached(quota.metered(counters)) {
            return None;
        }
        meter.event.set(Event::Sent as u8);
        Some((quota, counters))
    }

    /// Takes `reported` off the counters and starts a new period of the quota.
    ///
    /// What was counted since `reported` was read remains. Two resets must not overlap, from
    /// reading the counters to this call; the caller holds the lock that sees to it.
    pub(super) fn reset(&self, reported: Counters) -> Aftermath {
        let subtract = || {
            self.pkts.subtract(reported.pkts);
            self.bytes.subtract(reported.bytes);
        };
        let Some(meter) = self.meter.as_ref() else {
            subtract();
            return Aftermath::default();
        };
        let quota = meter.quota();
        let guard = meter.lock.lock();
        let event_missed =
            meter.event.get() == Event::Due as u8 && quota.is_reached(quota.metered(reported));
        subtract();
        meter.event.set(Event::None as u8);
        let finding = self.settle(meter, &guard);
        Aftermath {
            event_missed,
            event_due: finding.event_due && quota.metered(self.read()) != 0,
        }
    }

    /// Compares the counter with the limit, and says for how long the answer holds.
    fn settle(&self, meter: &Meter, _guard: &IrqGuard<'_>) -> Finding {
        let quota = meter.quota();
        if meter.open.get() != 0 {
            meter.bounds.close(&self.cells, meter.unit);
            meter.open.set(0);
            // From here on packets of other CPUs wait for the lock. Those that did not see that
            // their bound is closed were counted before it was, or are among the few that the
            // distance to the limit leaves room for.
            full_barrier();
        }
        let mut total = quota.metered(self.read());
        let reported = meter.is_event_sent();
        let cpus = count_possible_cpus();
        if quota.outlook(total, reported, cpus).is_some() {
            // The bounds have to start from the very values that make up the sum.
            let base = quota.metered(Counters {
                pkts: self.pkts.get(),
                bytes: self.bytes.get(),
            });
            total = base.wrapping_add(meter.bounds.close(&self.cells, meter.unit));
            if let Some(outlook) = quota.outlook(total, reported, cpus) {
                let answer = if outlook.exceeded {
                    Answer::Exceeded
                } else {
                    Answer::NotExceeded
                };
                meter.answer.set(answer as u8);
                meter.open.set(1);
                meter.bounds.open(meter.unit, outlook.allowance);
            }
        }
        Finding {
            exceeded: quota.is_exceeded(total),
            event_due: quota.is_reached(total) && !reported,
        }
    }
}
