// SPDX-License-Identifier: GPL-2.0-only

//! The over-quota latch: one event for each time that a quota is reached.
//!
//! C keeps one bit (`NFACCT_OVERQUOTA_BIT`) that a packet sets and a reset clears. A packet that
//! was counted before a reset can set the bit after it; then the event carries a counter below
//! the quota, and the next true crossing raises none. Here the bit shares a word with the number
//! of resets so far, and setting it is a compare-and-exchange on the word that was read *before*
//! the counter: after a reset it fails, and nothing is sent.

/// The state of a latch, one word that changes by compare-and-exchange.
///
/// Bit 0: the quota was reached. Bits 1-63: number of resets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latch(u64);

impl Latch {
    /// The latch of a new object.
    pub(crate) const ARMED: Self = Self(0);

    const FIRED_BIT: u64 = 1;

    /// The latch that is stored as `word`.
    #[inline]
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// The word that stores this latch.
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    /// Whether the quota was reached since the last reset.
    #[inline]
    pub(crate) const fn is_fired(self) -> bool {
        self.0 & Self::FIRED_BIT != 0
    }

    /// The same period with the quota reached.
    pub(crate) const fn fired(self) -> Self {
        Self(self.0 | Self::FIRED_BIT)
    }

    /// The next period, with the quota not reached.
    pub(crate) const fn rearmed(self) -> Self {
        Self((self.0 | Self::FIRED_BIT).wrapping_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_once_in_a_period() {
        assert!(!Latch::ARMED.is_fired());
        assert!(Latch::ARMED.fired().is_fired());
        assert_eq!(Latch::ARMED.fired().fired(), Latch::ARMED.fired());
    }

    #[test]
    fn a_reset_starts_a_new_period_whatever_the_state() {
        let fired = Latch::ARMED.fired();
        assert_eq!(Latch::ARMED.rearmed(), fired.rearmed());
        assert!(!fired.rearmed().is_fired());
        assert_ne!(fired.rearmed(), Latch::ARMED);
    }

    #[test]
    fn a_word_read_before_a_reset_is_stale_after_it() {
        let before = Latch::ARMED;
        let after = before.rearmed();
        assert_ne!(before.word(), after.word());
        assert_ne!(before.fired().word(), after.word());
        assert_eq!(Latch::from_word(after.word()), after);
    }
}
