// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs `nfacct` as a process of its own on a fake kernel that stays in this one.

#![allow(clippy::expect_used, clippy::missing_panics_doc)] // A test may fail.

mod link;
mod trace;

pub use link::{Link, Server};
pub use trace::{Act, Ending, TRACED, Traced, trace};
