// SPDX-License-Identifier: GPL-2.0-only

//! The C side: `kernel::bindings` and what it leaves out.
//!
//! The second part is generated into the build directory, see `Kbuild`. Only the files of this
//! layer and `exports.rs` may use it.

#![allow(
    clippy::all,
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    improper_ctypes,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::cast_lossless,
    clippy::undocumented_unsafe_blocks
)]

pub(crate) use kernel::bindings::*;
use kernel::ffi;
use pin_init::MaybeZeroable;

/// `struct xt_target`: only pointed to.
#[repr(C)]
pub struct xt_target {
    _unused: [u8; 0],
}

include!(env!("NFACCT_BINDINGS"));
