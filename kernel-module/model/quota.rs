// SPDX-License-Identifier: GPL-2.0-only

//! Quotas: which requests define one, and when one is reached or exceeded.
//!
//! C counterpart: the `NFACCT_FLAGS`/`NFACCT_QUOTA` part of `nfnl_acct_new()` and the comparisons
//! of `nfnl_acct_overquota()`.

/// `NFACCT_F_QUOTA_PKTS`: the quota limits packets.
pub(crate) const F_QUOTA_PKTS: u32 = 1 << 0;
/// `NFACCT_F_QUOTA_BYTES`: the quota limits bytes.
pub(crate) const F_QUOTA_BYTES: u32 = 1 << 1;
/// `NFACCT_F_OVERQUOTA`: the quota was reached. Reported only, never accepted.
pub(crate) const F_OVERQUOTA: u32 = 1 << 2;
/// The flags that a request may set.
pub(crate) const F_QUOTA: u32 = F_QUOTA_PKTS | F_QUOTA_BYTES;

/// A pair of counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Packets; wraps at 2^64 as in C.
    pub(crate) pkts: u64,
    /// Bytes; wraps at 2^64 as in C.
    pub(crate) bytes: u64,
}

/// What a quota limits.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// The number of packets.
    Packets,
    /// The number of bytes.
    Bytes,
}

/// A limit on one of the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    /// The counter that is limited.
    pub(crate) unit: Unit,
    /// The limit, in `unit`.
    pub(crate) limit: u64,
}

/// Why the flags and the quota of a request do not define an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// A flag that user space must not set or that does not exist.
    UnsupportedFlags,
    /// Both units at once.
    BothUnits,
    /// A quota flag without the quota itself.
    MissingQuota,
}

impl Quota {
    /// Decodes the attributes `NFACCT_FLAGS` and `NFACCT_QUOTA`, each absent or present.
    ///
    /// A quota without flags is ignored, as in C: the object has none then.
    pub(crate) fn from_request(
        flags: Option<u32>,
        limit: Option<u64>,
    ) -> Result<Option<Self>, Rejection> {
        let flags = flags.unwrap_or(0);
        if flags & !F_QUOTA != 0 {
            return Err(Rejection::UnsupportedFlags);
        }
        let unit = match flags {
            0 => return Ok(None),
            F_QUOTA_PKTS => Unit::Packets,
            F_QUOTA_BYTES => Unit::Bytes,
            _ => return Err(Rejection::BothUnits),
        };
        match limit {
            Some(limit) => Ok(Some(Self { unit, limit })),
            None => Err(Rejection::MissingQuota),
        }
    }

    /// The flag that stands for the unit of this quota.
    pub(crate) fn flag(self) -> u32 {
        match self.unit {
            Unit::Packets => F_QUOTA_PKTS,
            Unit::Bytes => F_QUOTA_BYTES,
        }
    }

    /// The counter that this quota limits.
    #[inline]
    pub(crate) fn metered(self, counters: Counters) -> u64 {
        match self.unit {
            Unit::Packets => counters.pkts,
            Unit::Bytes => counters.bytes,
        }
    }

    /// Whether the over-quota event is due at a metered value of `now`.
    #[inline]
    pub(crate) fn is_reached(self, now: u64) -> bool {
        now >= self.limit
    }

    /// Whether the match is true at a metered value of `now`.
    #[inline]
    pub(crate) fn is_exceeded(self, now: u64) -> bool {
        now > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(limit: u64) -> Quota {
        Quota {
            unit: Unit::Packets,
            limit,
        }
    }

    #[test]
    fn flags_are_those_of_the_interface() {
        assert_eq!((F_QUOTA_PKTS, F_QUOTA_BYTES, F_OVERQUOTA), (1, 2, 4));
    }

    #[test]
    fn request_grid_is_that_of_c() {
        let some = |unit| Ok(Some(Quota { unit, limit: 7 }));
        let cases = [
            (None, None, Ok(None)),
            (None, Some(7), Ok(None)),
            (Some(0), None, Ok(None)),
            (Some(0), Some(7), Ok(None)),
            (Some(1), Some(7), some(Unit::Packets)),
            (Some(2), Some(7), some(Unit::Bytes)),
            (Some(1), None, Err(Rejection::MissingQuota)),
            (Some(2), None, Err(Rejection::MissingQuota)),
            (Some(3), Some(7), Err(Rejection::BothUnits)),
            (Some(3), None, Err(Rejection::BothUnits)),
            (Some(4), Some(7), Err(Rejection::UnsupportedFlags)),
            (Some(5), Some(7), Err(Rejection::UnsupportedFlags)),
            (Some(7), None, Err(Rejection::UnsupportedFlags)),
            (Some(1 << 31), Some(7), Err(Rejection::UnsupportedFlags)),
        ];
        for (flags, limit, expected) in cases {
            assert_eq!(
                Quota::from_request(flags, limit),
                expected,
                "{flags:?} {limit:?}"
            );
        }
    }

    #[test]
    fn reached_at_the_limit_exceeded_above_it() {
        for limit in [0, 1, 1000, u64::MAX - 1] {
            let quota = packets(limit);
            assert!(quota.is_reached(limit) && !quota.is_exceeded(limit));
            assert!(quota.is_reached(limit + 1) && quota.is_exceeded(limit + 1));
        }
        assert!(!packets(1).is_reached(0));
        assert!(!packets(u64::MAX).is_exceeded(u64::MAX));
    }

    #[test]
    fn meters_its_own_unit() {
        let counters = Counters { pkts: 1, bytes: 2 };
        assert_eq!(packets(0).metered(counters), 1);
        let bytes = Quota {
            unit: Unit::Bytes,
            limit: 0,
        };
        assert_eq!(bytes.metered(counters), 2);
        assert_eq!((packets(0).flag(), bytes.flag()), (1, 2));
    }
}
