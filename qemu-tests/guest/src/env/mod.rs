// SPDX-License-Identifier: GPL-2.0-only
//! The surroundings of a test: namespaces, modules, processes, traffic, log.

pub mod charge;
pub mod cmd;
pub mod faults;
pub mod kmsg;
pub mod modules;
pub mod netns;
pub mod proc;
pub mod pty;
pub mod shared;
pub mod traffic;
