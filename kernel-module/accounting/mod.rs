// SPDX-License-Identifier: GPL-2.0-only

//! What accounting objects are: counters, quotas, names and the tables of them.

pub(crate) mod cell_pool;
pub(crate) mod counters;
pub(crate) mod head;
pub(crate) mod index;
pub(crate) mod meter;
pub(crate) mod object;
pub(crate) mod sequence;
pub(crate) mod table;
