// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exit codes.

use std::process::ExitCode;

/// How a run ended. The words of nfacct 1.0.2 know only success and failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Success = 0,
    /// Something failed.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
