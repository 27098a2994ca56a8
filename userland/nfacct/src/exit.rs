// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exit codes.

use std::process::ExitCode;

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
    /// A signal came during a reset; everything was written all the same.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
