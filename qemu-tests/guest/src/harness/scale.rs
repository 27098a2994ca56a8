// SPDX-License-Identifier: GPL-2.0-only
//! How much a run does, and from which seed its random choices come.

use crate::wire::fuzz::Random;
use crate::wire::{fnv, FNV_START};

/// Which of the three campaigns a run belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Part of every `make test`.
    Short,
    /// On a debug kernel, where everything takes 30 to 70 times as long.
    Debug,
    /// For hours, before a release.
    Long,
}

/// Depth, multiplier and seed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Which campaign.
    pub depth: Depth,
    /// How many units a long run is made of; ten are the full size.
    pub times: u64,
    /// Where there are many slow points of failure, each how-manieth is tried.
    pub stride: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// Of a fuzz test only this block, every answer of which is observed.
    pub block: Option<u64>,
    /// Of that block only the sends up to this one, once without each of them.
    pub reduce: Option<u64>,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            depth: Depth::Short,
            times: 1,
            stride: 1,
            seed: 1,
            block: None,
            reduce: None,
        }
    }
}

impl Scale {
    /// The amount for this run; that of a long run is a unit to be multiplied.
    pub const fn of(&self, short: u64, debug: u64, unit: u64) -> u64 {
        self.fixed(short, debug, unit.saturating_mul(self.times))
    }

    /// The amount for this run, where more units do not make it larger.
    pub const fn fixed(&self, short: u64, debug: u64, long: u64) -> u64 {
        match self.depth {
            Depth::Short => short,
            Depth::Debug => debug,
            Depth::Long => long,
        }
    }

    /// Random numbers for one purpose: other purposes get other numbers.
    pub fn random(&self, purpose: &str) -> Random {
        let hash = fnv(FNV_START, &self.seed.to_ne_bytes());
        Random::new(fnv(hash, purpose.as_bytes()).max(1))
    }
}

impl std::str::FromStr for Depth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "short" => Ok(Self::Short),
            "debug" => Ok(Self::Debug),
            "long" => Ok(Self::Long),
            _ => Err(format!("unknown scale {text}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_runs_are_multiplied() {
        let mut scale = Scale {
            times: 7,
            ..Scale::default()
        };
        assert_eq!(scale.of(1, 2, 3), 1);
        scale.depth = Depth::Debug;
        assert_eq!(scale.of(1, 2, 3), 2);
        scale.depth = Depth::Long;
        assert_eq!(scale.of(1, 2, 3), 21);
        assert_eq!(scale.fixed(1, 2, 3), 3);
    }

    #[test]
    fn purposes_and_seeds_differ() {
        let first = |seed, purpose| {
            let scale = Scale {
                seed,
                ..Scale::default()
            };
            scale.random(purpose).next()
        };
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
    }
}
