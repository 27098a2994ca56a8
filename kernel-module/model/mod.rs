// SPDX-License-Identifier: GPL-2.0-only

//! The rules of accounting objects as pure functions and values.
//!
//! Nothing here knows the kernel: the files use `core` only and hold no `unsafe`, so the same
//! sources are compiled into the modules and into the host's unit tests. What is *not* here:
//! memory allocation, locking, atomics and the netlink encoding.

pub(crate) mod filter;
pub(crate) mod name;
pub(crate) mod outlook;
pub(crate) mod probe;
pub(crate) mod quota;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod properties_outlook;
#[cfg(test)]
mod properties_probe;
