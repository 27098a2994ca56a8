// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rates from the difference of two lists. Nothing is ever reset for them.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use clap::ValueEnum;
use nfacct_netlink::{Name, Object, Quota, QuotaKind};

/// What one line shows: an object, or a group of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: Vec<u8>,
    /// So many objects are in it, if it is a group.
    pub(super) group: Option<usize>,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// Packets in a second.
    pub(super) packet_rate: f64,
    /// Bits in a second.
    pub(super) bit_rate: f64,
    /// Used part of the quota; of a group the largest one.
    pub(super) used: Option<f64>,
    /// Seconds until the quota is reached if it goes on like this; of a group the smallest number.
    pub(super) to_quota: Option<f64>,
}

/// What lines are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RateKey {
    /// Most bits per second first
    Bits,
    /// Most packets per second first
    Packets,
    /// Most of the quota used first
    Used,
    /// By name, from a to z
    Name,
}

impl RateKey {
    /// The next one in the circle.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Bits => Self::Packets,
            Self::Packets => Self::Used,
            Self::Used => Self::Name,
            Self::Name => Self::Bits,
        }
    }

    /// Sorts; equal lines come in the order of their names.
    pub(super) fn sort(self, rows: &mut [Row]) {
        rows.sort_by(|a, b| {
            let order = match self {
                Self::Bits => b.bit_rate.total_cmp(&a.bit_rate),
                Self::Packets => b.packet_rate.total_cmp(&a.packet_rate),
                Self::Used => b.used.unwrap_or(-1.0).total_cmp(&a.used.unwrap_or(-1.0)),
                Self::Name => std::cmp::Ordering::Equal,
            };
            order.then_with(|| a.name.cmp(&b.name))
        });
    }
}

/// Remembers the last list.
#[derive(Default)]
pub(super) struct Sampler {
    last: HashMap<Name, (u64, u64)>,
}

impl Sampler {
    /// Compares a list with the one before, `elapsed` ago. An object that was not there before has no rate yet.
    pub(super) fn rows(&mut self, objects: &[Object], elapsed: Duration) -> Vec<Row> {
        let seconds = elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        let mut current = HashMap::with_capacity(objects.len());
        let rows = objects.iter().map(|object| {
            current.insert(object.name, (object.packets, object.bytes));
            let (packets, bytes) = match self.last.get(&object.name) {
                Some((packets, bytes)) => (since(*packets, object.packets), since(*bytes, object.bytes)),
                None => (0, 0),
            };
            row(object, packets, bytes, seconds)
        });
        let rows = rows.collect();
        self.last = current;
        rows
    }
}

/// What was counted since `before`. If the counter went down, somebody reset it: at least what it shows came after.
fn since(before: u64, now: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

// Rates are estimates: 53 bits are more than enough for them.
#[allow(clippy::cast_precision_loss)]
fn row(object: &Object, packets: u64, bytes: u64, seconds: f64) -> Row {
    let to_quota = object.quota.and_then(|Quota { kind, limit, .. }| {
        let (value, counted) = match kind {
            QuotaKind::Packets => (object.packets, packets),
            QuotaKind::Bytes => (object.bytes, bytes),
            QuotaKind::Unknown => return None,
        };
        match limit.checked_sub(value) {
            None | Some(0) => Some(0.0),
            Some(_) if counted == 0 => None,
            Some(left) => Some(left as f64 / (counted as f64 / seconds)),
        }
    });
    Row {
        name: object.name.as_bytes().to_vec(),
        group: None,
        packets: object.packets,
        bytes: object.bytes,
        packet_rate: packets as f64 / seconds,
        bit_rate: bytes as f64 * 8.0 / seconds,
        used: object.as_ref().quota_used(),
        to_quota,
    }
}

/// Adds up the rows whose names are equal up to the first `separator`; a name without one is a group of its own.
pub(super) fn group(rows: Vec<Row>, separator: u8) -> Vec<Row> {
    let mut groups: BTreeMap<Vec<u8>, Row> = BTreeMap::new();
    for mut row in rows {
        let end = row.name.iter().position(|&b| b == separator).unwrap_or(row.name.len());
        row.name.truncate(end);
        row.group = Some(1);
        match groups.get_mut(&row.name) {
            Some(group) => group.absorb(&row),
            None => drop(groups.insert(row.name.clone(), row)),
        }
    }
    groups.into_values().collect()
}

impl Row {
    fn absorb(&mut self, other: &Self) {
        self.group = self.group.map(|objects| objects + 1);
        self.packets = self.packets.wrapping_add(other.packets);
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.packet_rate += other.packet_rate;
        self.bit_rate += other.bit_rate;
        self.used = best(self.used, other.used, f64::max);
        self.to_quota = best(self.to_quota, other.to_quota, f64::min);
    }
}

fn best(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, packets: u64, bytes: u64, quota: Option<(QuotaKind, u64)>) -> Object {
        Object {
            name: Name::new(name).unwrap(),
            packets,
            bytes,
            references: Some(1),
            quota: quota.map(|(kind, limit)| Quota {
                kind,
                limit,
                exceeded: false,
            }),
        }
    }

    const TWO: Duration = Duration::from_secs(2);

    fn second(first: &Object, then: &Object) -> Row {
        let mut sampler = Sampler::default();
        sampler.rows(&[*first], TWO);
        sampler.rows(&[*then], TWO).remove(0)
    }

    #[test]
    fn rates_are_differences() {
        let row = second(&object("a", 10, 1000, None), &object("a", 30, 5000, None));
        assert_eq!((row.packet_rate, row.bit_rate), (10.0, 16000.0));
        assert_eq!((row.packets, row.bytes, row.used, row.to_quota), (30, 5000, None, None));
    }

    #[test]
    fn nothing_is_known_about_a_new_object() {
        let row = Sampler::default().rows(&[object("a", 10, 1000, None)], TWO).remove(0);
        assert_eq!((row.packet_rate, row.bit_rate), (0.0, 0.0));
    }

    #[test]
    fn a_reset_by_others_is_no_negative_rate() {
        let row = second(&object("a", 1000, 9000, None), &object("a", 4, 400, None));
        assert_eq!((row.packet_rate, row.bit_rate), (2.0, 1600.0));
    }

    #[test]
    fn time_to_the_quota() {
        let at = |before, now, limit| {
            let quota = Some((QuotaKind::Bytes, limit));
            second(&object("a", 0, before, quota), &object("a", 0, now, quota)).to_quota
        };
        assert_eq!(at(0, 100, 200), Some(2.0));
        assert_eq!(at(100, 100, 200), None);
        assert_eq!(at(100, 200, 200), Some(0.0));
        assert_eq!(at(100, 300, 200), Some(0.0));
    }

    #[test]
    fn groups_add_up() {
        let mut sampler = Sampler::default();
        let quota = |limit| Some((QuotaKind::Packets, limit));
        sampler.rows(
            &[
                object("a-x", 0, 0, quota(10)),
                object("a-y", 0, 0, quota(100)),
                object("b", 0, 0, None),
            ],
            TWO,
        );
        let rows = sampler.rows(
            &[
                object("a-x", 2, 10, quota(10)),
                object("a-y", 4, 20, quota(100)),
                object("b", 1, 1, None),
            ],
            TWO,
        );
        let rows = group(rows, b'-');
        assert_eq!(rows.len(), 2);
        let a = &rows[0];
        assert_eq!((&a.name[..], a.group, a.packets, a.bytes), (&b"a"[..], Some(2), 6, 30));
        assert_eq!((a.packet_rate, a.bit_rate), (3.0, 120.0));
        assert_eq!((a.used, a.to_quota), (Some(0.2), Some(8.0)));
        assert_eq!((&rows[1].name[..], rows[1].group), (&b"b"[..], Some(1)));
    }

    #[test]
    fn sorting() {
        let mut rows = Sampler::default().rows(
            &[
                object("b", 0, 0, None),
                object("a", 5, 0, Some((QuotaKind::Packets, 10))),
                object("c", 0, 0, None),
            ],
            TWO,
        );
        rows[2].bit_rate = 1.0;
        let order = |key: RateKey, rows: &[Row]| {
            let mut rows = rows.to_vec();
            key.sort(&mut rows);
            rows.iter().map(|row| char::from(row.name[0])).collect::<String>()
        };
        assert_eq!(order(RateKey::Bits, &rows), "cab");
        assert_eq!(order(RateKey::Packets, &rows), "abc");
        assert_eq!(order(RateKey::Used, &rows), "abc");
        assert_eq!(order(RateKey::Name, &rows), "abc");
        assert_eq!(RateKey::Bits.next().next().next().next(), RateKey::Bits);
    }
}
