// SPDX-License-Identifier: GPL-2.0-only

//! The over-quota latch: one event for each time that a quota is reached.
//!
//! C keeps one bit (`NFACCT_OVERQUOTA_BIT`) that a packet sets and a reset clears. A packet that
//! was counted before a reset can set the bit after it; then the event carries a counter below
//! the quota, and the next true crossing raises none. Here the bit shares a word with the number
//! of resets so far:
//!
//! - A packet reads the word, then the counters, and sets the bit by compare-and-exchange. This
//!   fails if a reset has begun in between, so what it read is from one period.
//! - A reset closes the latch (next period, bit set), subtracts, and opens it again. Packets that
//!   were counted meanwhile stay silent; so the reset looks at what is left, and if that reaches
//!   the quota by itself, it reports in their place.

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

    /// The next period, closed: nobody else can fire it.
    pub(crate) const fn closed(self) -> Self {
        Self((self.0 | Self::FIRED_BIT).wrapping_add(1) | Self::FIRED_BIT)
    }

    /// The same period with the quota not reached.
    pub(crate) const fn opened(self) -> Self {
        Self(self.0 & !Self::FIRED_BIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn fires_once_in_a_period() {
        assert!(!Latch::ARMED.is_fired());
        assert!(Latch::ARMED.fired().is_fired());
        assert_eq!(Latch::ARMED.fired().fired(), Latch::ARMED.fired());
    }

    #[test]
    fn a_reset_starts_a_new_period_whatever_the_state() {
        let fired = Latch::ARMED.fired();
        assert_eq!(Latch::ARMED.closed(), fired.closed());
        assert!(fired.closed().is_fired());
        assert!(!fired.closed().opened().is_fired());
        assert_ne!(fired.closed().opened(), Latch::ARMED);
    }

    #[test]
    fn a_word_read_before_a_reset_is_stale_from_its_beginning_on() {
        let before = Latch::ARMED;
        let during = before.closed();
        for later in [during, during.opened(), during.opened().fired()] {
            assert_ne!(before.word(), later.word());
            assert_ne!(before.fired().word(), later.word());
        }
        assert_eq!(Latch::from_word(during.word()), during);
    }

    /// Every interleaving of two packets and a reset, step by step as `Head` does them.
    #[test]
    fn no_interleaving_loses_tears_or_understates_an_event() {
        for limit in [1, 2] {
            for start in 0..=2 {
                let mut seen = HashSet::new();
                explore(World::new(limit, start), &mut seen);
                assert!(seen.len() > 1000);
            }
        }
    }

    /// The shared words and where each of the three actors is.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct World {
        start: u64,
        limit: u64,
        pkts: u64,
        bytes: u64,
        latch: u64,
        packets: [Packet; 2],
        reset: Reset,
        events: Vec<(u64, u64)>,
        /// What has been counted by packets, ever.
        counted: u64,
    }

    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
    struct Packet {
        step: u8,
        latch: u64,
        pkts: u64,
        bytes: u64,
    }

    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
    struct Reset {
        step: u8,
        pkts: u64,
        bytes: u64,
        report: Packet,
    }

    /// Visits every state that can follow, and checks those in which all actors have finished.
    fn explore(world: World, seen: &mut HashSet<World>) {
        let mut finished = true;
        for actor in 0..3 {
            let mut next = world.clone();
            if next.advance(actor) {
                finished = false;
                if seen.insert(next.clone()) {
                    explore(next, seen);
                }
            }
        }
        if finished {
            world.check();
        }
    }

    impl World {
        fn new(limit: u64, start: u64) -> Self {
            // An object that has counted `start` packets of one byte, each reported if due.
            let latch = if start >= limit {
                Latch::ARMED.fired()
            } else {
                Latch::ARMED
            };
            Self {
                start,
                limit,
                pkts: start,
                bytes: start,
                latch: latch.word(),
                packets: [Packet::default(); 2],
                reset: Reset::default(),
                events: Vec::new(),
                counted: 0,
            }
        }

        /// Does one step of an actor; false if it has none left.
        fn advance(&mut self, actor: usize) -> bool {
            if actor == 2 {
                return self.advance_reset();
            }
            let mut packet = self.packets[actor];
            match packet.step {
                0 => {
                    self.pkts += 1;
                    self.counted += 1;
                }
                1 => self.bytes += 1,
                // `judge()`: the counter, then the latch.
                2 => packet.pkts = self.pkts,
                3 if packet.pkts < self.limit || self.latch().is_fired() => packet.step = 100,
                3 => {}
                4..=7 => self.report(&mut packet, 4),
                _ => return false,
            }
            packet.step += 1;
            self.packets[actor] = packet;
            true
        }

        /// `over_quota()`, whose first step is number `first`.
        fn report(&mut self, packet: &mut Packet, first: u8) {
            match packet.step - first {
                0 => packet.latch = self.latch,
                1 => packet.pkts = self.pkts,
                2 => packet.bytes = self.bytes,
                _ => {
                    let seen = Latch::from_word(packet.latch);
                    if packet.pkts >= self.limit && !seen.is_fired() && self.latch() == seen {
                        self.latch = seen.fired().word();
                        self.events.push((packet.pkts, packet.bytes));
                    }
                }
            }
        }

        fn advance_reset(&mut self) -> bool {
            let mut reset = self.reset;
            match reset.step {
                0 => reset.pkts = self.pkts,
                1 => reset.bytes = self.bytes,
                2 => self.latch = self.latch().closed().word(),
                3 => self.pkts -= reset.pkts,
                4 => self.bytes -= reset.bytes,
                5 => self.latch = self.latch().opened().word(),
                6 if self.pkts == 0 || self.pkts < self.limit => reset.step = 100,
                6 => {}
                7..=10 => {
                    reset.report.step = reset.step;
                    self.report(&mut reset.report, 7);
                }
                _ => return false,
            }
            reset.step += 1;
            self.reset = reset;
            true
        }

        fn latch(&self) -> Latch {
            Latch::from_word(self.latch)
        }

        /// What must hold when all actors have finished.
        fn check(&self) {
            // No packet is lost.
            assert_eq!(self.pkts + self.reset.pkts, self.start + self.counted);
            // The quota is reached exactly if that was reported in this period.
            let reached = self.pkts >= self.limit;
            assert_eq!(reached, self.latch().is_fired());
            for (pkts, bytes) in &self.events {
                assert!(*pkts >= self.limit);
                // The other packet may be half counted, but nothing is half reset.
                assert!(pkts.abs_diff(*bytes) <= 2);
            }
        }
    }
}
