// SPDX-License-Identifier: GPL-2.0-only
//! Packet filter rules without the tools, so that wrong ones can be built too.

pub mod blob;
pub mod nft;
pub mod sockopt;

pub use blob::{Family, Hook, Match, Rule, Verdict};
