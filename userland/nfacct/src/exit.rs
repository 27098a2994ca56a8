// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exit codes.

use std::process::ExitCode;

use crate::signals::Signal;

/// How a run ended. The words of nfacct 1.0.2 know only success and failure; the modern command line tells more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Success = 0,
    /// Something failed that has no code of its own.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// There is no such object.
    NotFound = 3,
    /// The object exists already, or a rule uses it.
    Busy = 4,
    /// `CAP_NET_ADMIN` is missing.
    Permission = 5,
    /// The table changed while it was read, or messages were lost: the output is not complete.
    Incomplete = 6,
    /// Counters were reset, but their values could not be written to standard output.
    Lost = 7,
    /// SIGHUP came during a reset; everything was written all the same.
    HungUp = 129,
    /// The same with SIGINT.
    Interrupted = 130,
    /// The same with SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// Did a signal end the run?
    pub(crate) fn is_signal(self) -> bool {
        matches!(self, Self::HungUp | Self::Interrupted | Self::Terminated)
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::HangUp => Self::HungUp,
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
