// SPDX-License-Identifier: GPL-2.0-only
//! Random histories, and how a failing one is made short.

use crate::wire::consts::*;
use crate::wire::fuzz::Random;
use crate::wire::Object;

/// What histories are about; the last name is refused everywhere.
pub const NAMES: [&str; 7] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "0123456789012345678901234567890",
    "",
];

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A NEW request.
    New {
        /// Index of the name.
        name: u8,
        /// `NLM_F_*` beside REQUEST and ACK.
        flags: u16,
        /// `NFACCT_FLAGS`, if there.
        kind: Option<u32>,
        /// `NFACCT_QUOTA`, if there.
        quota: Option<u64>,
        /// Packets and bytes to start with.
        start: (u64, u64),
    },
    /// A GET or `GET_CTRZERO` request.
    Get {
        /// Index of the name.
        name: u8,
        /// With reset.
        reset: bool,
    },
    /// A DEL request.
    Del {
        /// Index of the name.
        name: u8,
    },
    /// A DEL request without a name.
    Flush,
    /// A dump.
    List {
        /// With reset.
        reset: bool,
        /// Mask and value.
        filter: Option<(u32, u32)>,
    },
    /// All rules of a family are replaced by rules that count for these.
    Rules {
        /// Through nftables for IPv6, else through the socket option for IPv4.
        v6: bool,
        /// Indices of names.
        names: Vec<u8>,
    },
    /// Packets go out.
    Send {
        /// Family.
        v6: bool,
        /// How many.
        count: u64,
        /// Length of each, headers included.
        len: u64,
    },
}

/// What comes back from a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Of the acknowledgement, `None` where there is none.
    pub errno: Option<i32>,
    /// Objects reported.
    pub objects: Vec<Object>,
    /// Events sent.
    pub events: Vec<Object>,
}

impl Seen {
    /// Just an acknowledgement.
    pub fn errno(errno: i32) -> Self {
        Self {
            errno: Some(errno),
            ..Self::default()
        }
    }
}

fn amount(r: &mut Random) -> u64 {
    match r.below(6) {
        0 => u64::MAX - r.below(3),
        1 => r.below(3000),
        _ => r.below(12),
    }
}

fn create(r: &mut Random) -> Step {
    let kind = match r.below(10) {
        0..=3 => None,
        4..=6 => Some(F_PKTS),
        7 | 8 => Some(F_BYTES),
        _ => Some(r.below(8) as u32),
    };
    Step::New {
        name: r.below(NAMES.len() as u64) as u8,
        flags: r.pick(&[0, CREATE, CREATE, CREATE | EXCL, REPLACE, REPLACE | EXCL]),
        kind,
        quota: (kind.is_some() && !r.chance(5)).then(|| amount(r)),
        start: if r.chance(50) {
            (amount(r), amount(r))
        } else {
            (0, 0)
        },
    }
}

fn step(r: &mut Random) -> Step {
    let name = r.below(NAMES.len() as u64) as u8;
    match r.below(100) {
        0..=29 => create(r),
        30..=39 => Step::Get { name, reset: false },
        40..=49 => Step::Get { name, reset: true },
        50..=59 => Step::Del { name },
        60 => Step::Flush,
        61..=69 => Step::List {
            reset: r.chance(50),
            filter: r.chance(60).then(|| (r.below(8) as u32, r.below(8) as u32)),
        },
        n @ 70..=79 => Step::Rules {
            // Destroying rules of nftables takes a grace period.
            v6: n == 79,
            names: (0..r.below(4)).map(|_| r.below(5) as u8).collect(),
        },
        _ => Step::Send {
            v6: r.chance(20),
            count: 1 + r.below(8),
            len: 60 + r.below(200),
        },
    }
}

/// A history of at most 40 steps.
pub fn random(r: &mut Random) -> Vec<Step> {
    (0..=r.below(40)).map(|_| step(r)).collect()
}

/// Removes steps as long as the rest still fails.
///
/// Large pieces first, then single steps, until nothing can be left out.
pub fn shrink(mut steps: Vec<Step>, mut fails: impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut piece = steps.len().div_ceil(2).max(1);
    loop {
        let before = steps.len();
        let mut at = 0;
        while at < steps.len() {
            let mut rest = steps.clone();
            rest.drain(at..(at + piece).min(rest.len()));
            if fails(&rest) {
                steps = rest;
            } else {
                at += piece;
            }
        }
        if piece == 1 && steps.len() == before {
            return steps;
        }
        piece = piece.div_ceil(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinks_to_what_is_needed() {
        let mut r = Random::new(11);
        let mut steps: Vec<_> = (0..40).map(|_| step(&mut r)).collect();
        steps[7] = Step::Flush;
        steps[30] = Step::Get {
            name: 3,
            reset: true,
        };
        let needs = |s: &[Step]| {
            let flush = s.iter().position(|s| *s == Step::Flush);
            let get = s
                .iter()
                .rposition(|s| matches!(s, Step::Get { reset: true, .. }));
            flush.is_some() && get > flush
        };
        let short = shrink(steps, needs);
        assert_eq!(short.len(), 2);
        assert!(needs(&short));
    }

    #[test]
    fn every_kind_of_step_occurs() {
        let mut r = Random::new(5);
        let steps: Vec<_> = (0..500).map(|_| step(&mut r)).collect();
        let kinds: std::collections::HashSet<_> =
            steps.iter().map(std::mem::discriminant).collect();
        assert_eq!(kinds.len(), 7);
    }
}
