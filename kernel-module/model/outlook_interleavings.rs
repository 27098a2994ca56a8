// SPDX-License-Identifier: GPL-2.0-only

//! Every interleaving of the steps of `outlook_model.rs`, and what must hold in all of them.

use super::{At, Setting, World};
use std::collections::{BTreeSet, HashSet};

/// Visits every state; returns how many there are, the violations found, and the numbers of events
/// that there can be at the end.
fn explore(setting: &Setting) -> (usize, HashSet<&'static str>, BTreeSet<usize>) {
    let mut seen = HashSet::new();
    let mut violations = HashSet::new();
    let mut events = BTreeSet::new();
    let mut todo = vec![World::new(setting)];
    while let Some(world) = todo.pop() {
        let mut moved = false;
        let mut visit = |next: World| {
            moved = true;
            if let Some(violation) = next.violation {
                violations.insert(violation);
            } else if seen.insert(next.clone()) {
                todo.push(next);
            }
        };
        for who in 0..3 {
            let mut next = world.clone();
            if next.step(setting, who) {
                visit(next);
            }
        }
        for cpu in 0..2 {
            if world.buffered[cpu] > 0 {
                let mut next = world.clone();
                next.drain(cpu);
                visit(next);
            }
        }
        if !moved {
            let mut end = world;
            assert!(
                end.actors.iter().all(|actor| actor.at == At::Done),
                "nobody can go on"
            );
            end.check_end(setting);
            violations.extend(end.violation);
            events.insert(end.events.len());
        }
    }
    (seen.len(), violations, events)
}

const CROSSING: Setting = Setting {
    limit: 10,
    start: 3,
    packets: [4, 5],
    reset: false,
    margin: 1,
    buffer: 1,
    patience: 3,
    most: 1000,
    forgetful: false,
};

/// Allowances that are used up at once, so that bounds are closed above the limit as well.
const SHORT: Setting = Setting {
    most: 2,
    ..CROSSING
};

/// One packet on a CPU whose answer is known, while the other CPU goes on to the limit.
const LEFT_BEHIND: Setting = Setting {
    packets: [1, 6],
    ..CROSSING
};

#[test]
#[cfg_attr(miri, ignore = "millions of steps of safe code")]
fn exact_when_two_cpus_cross_the_limit() {
    for setting in [CROSSING, LEFT_BEHIND, SHORT] {
        for start in [0, 1, 2, 3, 4, 6, 8] {
            let (states, violations, _) = explore(&Setting { start, ..setting });
            assert!(violations.is_empty(), "{violations:?} from {start}");
            assert!(states > 500, "{states}");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "millions of steps of safe code")]
fn exact_with_a_reset_at_any_time() {
    // With the small limit it is reached before the reset, after it, or both.
    for (limit, start, most) in [(10, 1, 0), (10, 5, 1), (10, 8, 1), (4, 0, 2)] {
        let setting = Setting {
            limit,
            start,
            packets: [2, 3],
            reset: true,
            ..CROSSING
        };
        let (states, violations, events) = explore(&setting);
        assert!(violations.is_empty(), "{violations:?} from {start}");
        assert!(states > 5000, "{states}");
        assert_eq!(events, (0..=most).collect(), "from {start}");
    }
}

/// The exploration finds what the margin is there for: with a margin of `m` on each of `n` CPUs it
/// takes `n * (m + 1)` others that go through the lock.
#[test]
#[cfg_attr(miri, ignore = "millions of steps of safe code")]
fn not_exact_if_stores_stay_unseen_too_long() {
    for (margin, patience) in [(0, 2), (1, 4), (1, u8::MAX)] {
        let setting = Setting {
            margin,
            patience,
            ..LEFT_BEHIND
        };
        let found = (0..=3).any(|start| {
            let packets = [1, 9 - start as u8];
            let violations = explore(&Setting {
                start,
                packets,
                ..setting
            })
            .1;
            violations.contains("reached without an event, or the other way round")
        });
        assert!(found, "margin {margin}, patience {patience}");
    }
}

/// A packet that has seen its bound open may read the answer after the bounds were closed.
#[test]
#[cfg_attr(miri, ignore = "millions of steps of safe code")]
fn not_exact_if_the_answer_goes_with_the_bounds() {
    let found = [6, 8].into_iter().any(|start| {
        let setting = Setting {
            start,
            forgetful: true,
            ..SHORT
        };
        explore(&setting)
            .1
            .contains("a packet above the limit did not match")
    });
    assert!(found);
}
