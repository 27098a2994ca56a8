// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time that passes, so that tests need not wait for it.

use std::{
    thread,
    time::{Duration, Instant},
};

/// A clock that never goes back.
pub trait Clock {
    /// Time since some moment in the past.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn sleep(&mut self, time: Duration);
}

/// The clock of the system.
pub struct RealClock(Instant);

impl Default for RealClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for RealClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&mut self, time: Duration) {
        thread::sleep(time);
    }
}
