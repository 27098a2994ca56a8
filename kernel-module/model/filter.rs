// SPDX-License-Identifier: GPL-2.0-only

//! The filter of a dump request (`NFACCT_FILTER`).
//!
//! C counterpart: `struct nfacct_filter` and the test in `nfnl_acct_dump()`.

/// Selects objects by their flags.
#[derive(Clone, Copy)]
pub(crate) struct Filter {
    /// The flags to look at. Any bit is allowed, known or not.
    pub(crate) mask: u32,
    /// What the flags under the mask must be.
    pub(crate) value: u32,
}

impl Filter {
    /// The filter of a request without one.
    pub(crate) const ALL: Self = Self { mask: 0, value: 0 };

    /// Whether an object with these `flags` is to be reported.
    pub(crate) fn selects(self, flags: u32) -> bool {
        flags & self.mask == self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_by_mask_and_value() {
        let counters = Filter { mask: 3, value: 0 };
        assert!(counters.selects(0));
        assert!(counters.selects(4));
        assert!(!counters.selects(1));
        let over = Filter { mask: 4, value: 4 };
        assert!(over.selects(5));
        assert!(!over.selects(1));
    }

    #[test]
    fn a_value_outside_the_mask_selects_nothing() {
        let odd = Filter { mask: 1, value: 2 };
        assert!((0..8).all(|flags| !odd.selects(flags)));
    }

    #[test]
    fn no_filter_selects_all() {
        assert!((0..8).all(|flags| Filter::ALL.selects(flags)));
    }
}
