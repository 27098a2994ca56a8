// SPDX-License-Identifier: GPL-2.0-only

//! For how long it stays true that a counter is above its limit, or below.
//!
//! Each CPU is given an allowance: as long as no CPU counts more than that, the answer is the same
//! for all packets. A margin is left for packets that a CPU judged by its former allowance without
//! that others could see in time that it had counted them.

use super::quota::{Quota, Unit};

/// An answer and how long it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outlook {
    /// The counter is above the limit.
    pub(crate) exceeded: bool,
    /// A CPU that counts less than this need not ask again. In the unit of the quota, never 0.
    pub(crate) allowance: u64,
}

/// Packets that each CPU may count unseen.
const MARGIN_PKTS: u64 = 16;

/// The largest packet that is common: one that GRO or TSO made.
const LARGE_PACKET: u64 = 1 << 16;

/// Bounds are compared with counters modulo 2^64.
const LARGEST_ALLOWANCE: u64 = 1 << 62;

impl Quota {
    /// For how long the comparison with `total` holds if `cpus` CPUs count; [`None`] if every
    /// packet has to be compared.
    ///
    /// That is so near the limit, near the end of the 64-bit range, and as long as the event for
    /// reaching the limit was not `reported`.
    pub(crate) fn outlook(self, total: u64, reported: bool, cpus: u64) -> Option<Outlook> {
        let margin = match self.unit {
            Unit::Packets => MARGIN_PKTS,
            Unit::Bytes => MARGIN_PKTS * LARGE_PACKET,
        };
        self.outlook_with(margin, total, reported, cpus)
    }

    fn outlook_with(self, margin: u64, total: u64, reported: bool, cpus: u64) -> Option<Outlook> {
        let exceeded = self.is_exceeded(total);
        let distance = if exceeded && reported {
            u64::MAX.wrapping_sub(total)
        } else {
            self.limit.checked_sub(total)?
        };
        let share = distance.checked_div(cpus)?.checked_sub(margin)?;
        // Less than the margin is not worth the work.
        (share > margin).then_some(Outlook {
            exceeded,
            allowance: share.min(LARGEST_ALLOWANCE),
        })
    }
}

#[cfg(test)]
#[path = "outlook_model.rs"]
mod model;

#[cfg(test)]
mod tests {
    use super::*;

    const CPUS: u64 = 4;

    fn quota(unit: Unit, limit: u64) -> Quota {
        Quota { unit, limit }
    }

    #[test]
    fn all_allowances_together_stay_below_the_limit() {
        for limit in [1000, 1_000_000, u64::MAX] {
            for total in [0, 1, 500, limit / 2, limit - 1] {
                let Some(outlook) = quota(Unit::Packets, limit).outlook(total, false, CPUS) else {
                    assert!(limit - total <= 2 * CPUS * (MARGIN_PKTS + 1));
                    continue;
                };
                assert!(!outlook.exceeded);
                let counted = CPUS * (outlook.allowance - 1 + MARGIN_PKTS);
                assert!(counted < limit - total);
            }
        }
    }

    #[test]
    fn near_the_limit_and_at_it_every_packet_is_compared() {
        let quota = quota(Unit::Packets, 1000);
        for total in 1000 - 2 * CPUS * MARGIN_PKTS..=1000 {
            assert_eq!(quota.outlook(total, false, CPUS), None);
            assert_eq!(quota.outlook(total, true, CPUS), None);
        }
    }

    #[test]
    fn above_the_limit_the_answer_holds_once_that_was_reported() {
        let quota = quota(Unit::Packets, 1000);
        assert_eq!(quota.outlook(1001, false, CPUS), None);
        let outlook = quota.outlook(1001, true, CPUS).unwrap();
        assert!(outlook.exceeded && outlook.allowance == LARGEST_ALLOWANCE - 267);
    }

    #[test]
    fn before_a_counter_wraps_every_packet_is_compared() {
        let quota = quota(Unit::Packets, 1000);
        assert_eq!(quota.outlook(u64::MAX, true, CPUS), None);
        assert_eq!(
            quota.outlook(u64::MAX - 2 * CPUS * MARGIN_PKTS, true, CPUS),
            None
        );
        assert!(quota.outlook(u64::MAX - 1000, true, CPUS).unwrap().exceeded);
    }

    #[test]
    fn bytes_leave_room_for_large_packets() {
        let quota = quota(Unit::Bytes, 1 << 40);
        let outlook = quota.outlook(0, false, CPUS).unwrap();
        assert_eq!(outlook.allowance, (1 << 38) - MARGIN_PKTS * LARGE_PACKET);
        assert_eq!(quota.outlook((1 << 40) - (1 << 20), false, CPUS), None);
    }

    #[test]
    fn without_cpus_nothing_holds() {
        assert_eq!(quota(Unit::Packets, 1000).outlook(0, false, 0), None);
    }
}
