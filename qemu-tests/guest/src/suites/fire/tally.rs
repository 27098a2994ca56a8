// SPDX-License-Identifier: GPL-2.0-only
//! Sums of what was reported, object by object.

use super::HOT;
use crate::wire::Object;

/// The objects that every packet is counted for, once each.
pub const COUNTED: [&str; 3] = ["plain", "far", "hot"];

/// Packets and bytes of each of them.
#[derive(Clone, Default)]
pub struct Tally {
    sums: [(u64, u64); COUNTED.len()],
    /// How many reports had anything in them.
    pub replies: u64,
    /// How many reports said that the quota of the hot object had been reached.
    pub crossings: u64,
}

impl Tally {
    /// Adds what was reported.
    pub fn objects(&mut self, objects: &[Object]) {
        for object in objects {
            let at = COUNTED.iter().position(|n| n.as_bytes() == object.name);
            if let Some(at) = at {
                self.sums[at].0 += object.pkts;
                self.sums[at].1 += object.bytes;
                self.replies += u64::from(object.pkts > 0);
                self.crossings += u64::from(object.name == b"hot" && object.pkts >= HOT);
            }
        }
    }

    /// Adds what somebody else has seen.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
        self.replies += other.replies;
        self.crossings += other.crossings;
    }

    /// The sums by name.
    pub fn sums(&self) -> impl Iterator<Item = (&'static str, (u64, u64))> + '_ {
        COUNTED.iter().copied().zip(self.sums)
    }
}
