// SPDX-License-Identifier: GPL-2.0-only

//! Objects in the order of their creation.
//!
//! C counterpart: the list `nfnl_acct_net::nfnl_acct_list`. Objects are numbered; the numbers only
//! grow, so a position is found by binary search. A removed object leaves a gap, which is closed
//! when the memory is needed.

use super::object::Object;
use kernel::{prelude::*, sync::Arc};

/// A number and its object; [`None`] once that was removed.
pub(super) struct Place {
    id: u64,
    object: Option<Arc<Object>>,
}

/// The memory of a sequence.
pub(super) type Places = KVVec<Place>;

/// The smallest number of places that is allocated.
const MIN_CAPACITY: usize = 16;

/// Allocates places, charged to the caller's memory cgroup. May sleep.
///
/// # Errors
///
/// `ENOMEM`, without a warning in the log: the number is the caller's choice.
pub(super) fn allocate(capacity: usize) -> Result<Places> {
    Ok(KVVec::with_capacity(
        capacity,
        GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
    )?)
}

/// Objects by number.
///
/// # Invariants
///
/// The numbers in `places` grow. `len` of them have objects.
pub(super) struct Sequence {
    places: Places,
    len: usize,
}

impl Sequence {
    /// An empty sequence, which takes no memory.
    pub(super) fn new() -> Self {
        Self {
            places: KVVec::new(),
            len: 0,
        }
    }

    /// The number of places.
    pub(super) fn capacity(&self) -> usize {
        self.places.capacity()
    }

    /// How many places one more object needs, if there are not enough.
    ///
    /// With many gaps there are: closing them costs less than what has led to them.
    pub(super) fn growth(&self) -> Result<Option<usize>> {
        let capacity = self.places.capacity();
        let quarter = self.places.len() / 4;
        if self.places.len() < capacity || self.gaps() > quarter {
            return Ok(None);
        }
        let larger = capacity.checked_add(quarter).ok_or(ENOMEM)?;
        Ok(Some(larger.max(MIN_CAPACITY)))
    }

    /// Moves all objects to larger memory; returns the old one.
    pub(super) fn grow(&mut self, larger: Places) -> Places {
        let mut old = core::mem::replace(&mut self.places, larger);
        for place in old.drain_all().filter(|place| place.object.is_some()) {
            // There is more room than there were places.
            let _ = self.places.push_within_capacity(place);
        }
        old
    }

    /// Adds an object with a number larger than all before.
    ///
    /// # Errors
    ///
    /// `ENOMEM` if there is no room.
    pub(super) fn push(&mut self, id: u64, object: Arc<Object>) -> Result {
        if self.places.len() == self.places.capacity() {
            self.close_gaps();
        }
        let object = Some(object);
        self.places
            .push_within_capacity(Place { id, object })
            .map_err(|_| ENOMEM)?;
        // INVARIANT: The caller sees to the order.
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Removes the object with this number. Gives the memory back with the last one.
    pub(super) fn remove(&mut self, id: u64) {
        let position = self.position(id);
        let place = self.places.as_mut_slice().get_mut(position);
        let Some(place) = place.filter(|place| place.id == id) else {
            return;
        };
        if place.object.take().is_some() {
            self.removed();
        }
    }

    /// Removes the objects that `select` selects, and passes each to `removed`.
    pub(super) fn remove_if(
        &mut self,
        select: impl Fn(&Object) -> bool,
        mut removed: impl FnMut(Arc<Object>),
    ) {
        let mut position = 0;
        while let Some(place) = self.places.as_mut_slice().get_mut(position) {
            let selected = |object: &mut Arc<Object>| select(object);
            if let Some(object) = place.object.take_if(selected) {
                removed(object);
                self.removed();
            }
            position = position.wrapping_add(1);
        }
    }

    /// The objects from number `from` on, with their numbers.
    pub(super) fn iter_from(&self, from: u64) -> impl Iterator<Item = (u64, &Arc<Object>)> {
        let places = self.places.as_slice().get(self.position(from)..);
        places
            .unwrap_or_default()
            .iter()
            .filter_map(|place| Some((place.id, place.object.as_ref()?)))
    }

    /// Where the first number that is not below `id` is.
    fn position(&self, id: u64) -> usize {
        let places = self.places.as_slice();
        // Not `partition_point()`: rustc 1.85 links a panic for its arithmetic.
        let (mut low, mut high) = (0, places.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match places.get(middle) {
                Some(place) if place.id < id => low = middle.wrapping_add(1),
                _ => high = middle,
            }
        }
        low
    }

    fn gaps(&self) -> usize {
        self.places.len().wrapping_sub(self.len)
    }

    fn close_gaps(&mut self) {
        let mut kept = 0;
        for position in 0..self.places.len() {
            let places = self.places.as_mut_slice();
            let moved = places.get_mut(position).and_then(|place| {
                let object = Some(place.object.take()?);
                Some(Place { object, ..*place })
            });
            if let (Some(moved), Some(place)) = (moved, places.get_mut(kept)) {
                *place = moved;
                kept = kept.wrapping_add(1);
            }
        }
        self.places.truncate(kept);
    }

    fn removed(&mut self) {
        self.len = self.len.wrapping_sub(1);
        if self.len == 0 {
            self.places = KVVec::new();
        }
    }
}
