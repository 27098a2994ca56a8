// SPDX-License-Identifier: GPL-2.0-only

//! The hash table against an ordered map: any history, any hashes.

use super::{
    probe::{capacity_for, find, insert, rehash, remove},
    properties::{cases, edgy, length},
};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

const KEYS: usize = 48;

/// A key, and what distinguishes this entry from earlier ones of the same key.
type Entry = (usize, usize);

/// The hash of each key: all different, all alike, or all in a few places, also around the end.
fn hashes() -> impl Strategy<Value = Vec<u64>> {
    let few = |range: u64| (any::<u64>(), 0..range).prop_map(|(high, low)| high << 8 | low);
    prop_oneof![
        vec(any::<u64>(), KEYS),
        vec(Just(15), KEYS),
        vec(few(3), KEYS),
        vec(
            (0..6_u64).prop_map(|step| (u64::MAX - 2).wrapping_add(step)),
            KEYS
        ),
        vec(few(64), KEYS),
    ]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_history_is_that_of_a_map(hashes in hashes(), history in vec((0..KEYS, 0..3_u8), length(200))) {
        let mut slots: Vec<Option<Entry>> = Vec::new();
        let mut map = BTreeMap::new();
        let hash_of = |entry: &Entry| hashes[entry.0];
        for (time, (key, what)) in history.into_iter().enumerate() {
            let is_it = |entry: &Entry| entry.0 == key;
            if what == 0 {
                let removed = remove(&mut slots, hashes[key], is_it, hash_of);
                prop_assert_eq!(removed, map.remove(&key).map(|time| (key, time)));
            } else if !map.contains_key(&key) {
                let capacity = capacity_for(map.len() + 1).unwrap();
                if capacity > slots.len() {
                    let mut larger = vec![None; capacity];
                    rehash(&mut slots, &mut larger, hash_of);
                    prop_assert!(slots.iter().all(Option::is_none));
                    slots = larger;
                }
                prop_assert_eq!(insert(&mut slots, hashes[key], (key, time)), Ok(()));
                map.insert(key, time);
            }
            prop_assert_eq!(slots.iter().flatten().count(), map.len());
            for (key, hash) in hashes.iter().enumerate() {
                let found = find(&slots, *hash, |entry| entry.0 == key);
                prop_assert_eq!(found.map(|entry| entry.1), map.get(&key).copied());
            }
        }
    }

    #[test]
    fn a_capacity_is_the_smallest_that_leaves_room(entries in edgy()) {
        let Some(capacity) = capacity_for(entries as usize) else {
            prop_assert!(entries > u64::MAX / 4, "a number of slots exists");
            return Ok(());
        };
        let suffices = |capacity: usize| u128::from(entries) * 4 <= capacity as u128 * 3;
        prop_assert!(capacity.is_power_of_two() && suffices(capacity));
        prop_assert!(capacity == 16 || capacity > 16 && !suffices(capacity / 2));
    }
}
