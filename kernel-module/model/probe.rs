// SPDX-License-Identifier: GPL-2.0-only

//! Open addressing over a slice of slots: the rules of a hash table without its memory.
//!
//! Linear probing; a removal shifts the entries behind it back, so that there are no tombstones
//! and a lookup costs the same however many objects came and went. The number of slots is a power
//! of two, the caller keeps at least one of them empty (see [`capacity_for`]) and supplies hashes
//! that an adversary cannot predict. Hashes are not stored: few entries are ever moved.

/// The smallest number of slots that is allocated.
const MIN_CAPACITY: usize = 16;

/// The number of slots that `entries` entries need: a power of two, at most three quarters full.
///
/// Returns [`None`] if that number does not exist.
pub(crate) fn capacity_for(entries: usize) -> Option<usize> {
    let least = entries.checked_mul(4)?.div_ceil(3);
    Some(least.checked_next_power_of_two()?.max(MIN_CAPACITY))
}

/// The positions at which an entry with `hash` may be, in the order of the search.
fn positions(capacity: usize, hash: u64) -> impl Iterator<Item = usize> {
    let mask = capacity.wrapping_sub(1);
    // CAST: The mask keeps only low bits anyway.
    let first = hash as usize;
    (0..capacity).map(move |step| first.wrapping_add(step) & mask)
}

/// The position of the entry with `hash` that satisfies `is_it`.
fn position<T>(slots: &[Option<T>], hash: u64, is_it: impl Fn(&T) -> bool) -> Option<usize> {
    for position in positions(slots.len(), hash) {
        if is_it(slots.get(position)?.as_ref()?) {
            return Some(position);
        }
    }
    None
}

/// Looks up the entry with `hash` that satisfies `is_it`.
pub(crate) fn find<T>(slots: &[Option<T>], hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&T> {
    slots.get(position(slots, hash, is_it)?)?.as_ref()
}

/// Stores an entry in the first free position; gives it back if there is none.
pub(crate) fn insert<T>(slots: &mut [Option<T>], hash: u64, entry: T) -> Result<(), T> {
    for position in positions(slots.len(), hash) {
        if let Some(slot @ None) = slots.get_mut(position) {
            *slot = Some(entry);
            return Ok(());
        }
    }
    Err(entry)
}

/// Removes the entry with `hash` that satisfies `is_it` and closes the gap.
pub(crate) fn remove<T>(
    slots: &mut [Option<T>],
    hash: u64,
    is_it: impl Fn(&T) -> bool,
    hash_of: impl Fn(&T) -> u64,
) -> Option<T> {
    let mask = slots.len().wrapping_sub(1);
    let mut gap = position(slots, hash, is_it)?;
    let removed = slots.get_mut(gap)?.take()?;
    let mut next = gap;
    loop {
        next = next.wrapping_add(1) & mask;
        // The run of entries ends at an empty slot, at the latest at the gap itself.
        let Some(Some(entry)) = slots.get(next) else {
            break;
        };
        // CAST: The mask keeps only low bits anyway.
        let home = hash_of(entry) as usize;
        let from_home = next.wrapping_sub(home) & mask;
        let from_gap = next.wrapping_sub(gap) & mask;
        if from_home >= from_gap {
            let moved = slots.get_mut(next).and_then(Option::take);
            if let Some(slot) = slots.get_mut(gap) {
                *slot = moved;
            }
            gap = next;
        }
    }
    Some(removed)
}

/// Moves all entries of `from` into the empty and larger `to`.
pub(crate) fn rehash<T>(from: &mut [Option<T>], to: &mut [Option<T>], hash_of: impl Fn(&T) -> u64) {
    for entry in from.iter_mut().filter_map(Option::take) {
        let hash = hash_of(&entry);
        // `to` has more slots than `from` has entries, so there is a free one.
        let _ = insert(to, hash, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Slots = Vec<Option<u64>>;

    fn slots(capacity: usize) -> Slots {
        vec![None; capacity]
    }

    #[test]
    fn capacities_are_powers_of_two_with_room_to_spare() {
        for entries in 0..5000 {
            let capacity = capacity_for(entries).unwrap();
            assert!(capacity.is_power_of_two() && capacity >= MIN_CAPACITY);
            assert!(entries * 4 <= capacity * 3 && entries < capacity);
        }
        assert_eq!(capacity_for(usize::MAX), None);
    }

    #[test]
    fn an_empty_slice_holds_nothing() {
        assert_eq!(find(&slots(0), 1, |_| true), None);
        assert_eq!(remove(&mut slots(0), 1, |_| true, |_| 1), None);
        assert_eq!(insert(&mut slots(0), 1, 5), Err(5));
    }

    #[test]
    fn equal_hashes_are_told_apart_by_the_entry() {
        let mut slots = slots(16);
        for entry in 0..5 {
            assert_eq!(insert(&mut slots, 14, entry), Ok(()));
        }
        assert_eq!(find(&slots, 14, |entry| *entry == 3), Some(&3));
        assert_eq!(remove(&mut slots, 14, |entry| *entry == 1, |_| 14), Some(1));
        assert_eq!(find(&slots, 14, |entry| *entry == 1), None);
        assert_eq!(find(&slots, 14, |entry| *entry == 4), Some(&4));
    }

    #[test]
    fn a_full_slice_gives_the_entry_back() {
        let mut slots = slots(16);
        assert!((0..16).all(|entry| insert(&mut slots, entry, entry) == Ok(())));
        assert_eq!(insert(&mut slots, 3, 99), Err(99));
    }
}
