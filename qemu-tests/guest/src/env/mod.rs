// SPDX-License-Identifier: GPL-2.0-only
//! The surroundings of a test: namespaces, modules, processes, traffic, log.

pub mod modules;
pub mod netns;
