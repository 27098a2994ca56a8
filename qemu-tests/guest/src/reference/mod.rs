// SPDX-License-Identifier: GPL-2.0-only
//! A small model of the accounting table, and histories to hold against it.

pub mod history;
pub mod table;

pub use history::{Seen, Step, NAMES};
pub use table::Table;
