// SPDX-License-Identifier: GPL-2.0-only

//! Packets that are counted.
//!
//! C counterpart: `const struct sk_buff *` in hooks.

use super::bindings;
use kernel::types::Opaque;

/// A packet inside a hook.
#[repr(transparent)]
pub(crate) struct Packet(Opaque<bindings::sk_buff>);

impl Packet {
    /// Views the packet that C passed.
    ///
    /// # Safety
    ///
    /// `skb` must be valid for reads during `'a`, and nobody may change its length.
    #[inline(always)]
    pub(crate) unsafe fn from_raw<'a>(skb: *const bindings::sk_buff) -> &'a Self {
        // SAFETY: Valid by the requirements of this function; `Packet` is a transparent wrapper.
        unsafe { &*skb.cast() }
    }

    /// `skb->len`, in bytes.
    #[inline(always)]
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: `from_raw()` required the buffer to be valid for reads.
        unsafe { (*self.0.get()).len }
    }
}
