// SPDX-License-Identifier: GPL-2.0-only

//! Socket buffers that messages are written to.
//!
//! C counterpart: `struct sk_buff`, `nlmsg_new()`, `nfnetlink_unicast()`, `nfnetlink_broadcast()`.

use super::{
    bindings,
    message::{Header, Message},
    net::Net,
};
use core::ptr::NonNull;
use kernel::{error::to_result, prelude::*, types::Opaque};

/// A buffer that netlink messages are appended to.
#[repr(transparent)]
pub(crate) struct MessageBuffer(Opaque<bindings::sk_buff>);

impl MessageBuffer {
    /// Views the buffer that C passed to be filled.
    ///
    /// # Safety
    ///
    /// `skb` must point to a linear buffer that the caller owns, used by nobody else during `'a`.
    pub(crate) unsafe fn from_raw<'a>(skb: *mut bindings::sk_buff) -> &'a mut Self {
        // SAFETY: Valid by the requirements of this function; a transparent wrapper.
        unsafe { &mut *skb.cast() }
    }

    /// The buffer for C.
    pub(super) fn as_ptr(&self) -> *mut bindings::sk_buff {
        self.0.get()
    }

    /// Bytes written so far.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: The buffer is valid and ours by the requirements of the constructors.
        unsafe { (*self.as_ptr()).len }
    }

    /// Starts a message; [`None`] if there is no room for its headers.
    pub(crate) fn message(&mut self, header: Header) -> Option<Message<'_>> {
        Message::new(self, header)
    }
}

/// In which context memory is allocated.
#[derive(Clone, Copy)]
pub(crate) enum Context {
    /// May sleep.
    Process,
    /// A packet is being processed: must not sleep.
    Packet,
}

/// A new buffer for one message.
pub(crate) struct NewBuffer(NonNull<bindings::sk_buff>);

impl NewBuffer {
    /// `nlmsg_new(NLMSG_DEFAULT_SIZE)`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(context: Context) -> Result<Self> {
        let gfp = match context {
            Context::Process => bindings::GFP_KERNEL,
            Context::Packet => bindings::GFP_ATOMIC | bindings::__GFP_NOWARN,
        };
        let size = bindings::NLMSG_DEFAULT_SKB_SIZE as c_uint;
        // SAFETY: No flags, any NUMA node: `alloc_skb()`.
        let skb = unsafe { bindings::__alloc_skb(size, gfp, 0, bindings::NUMA_NO_NODE) };
        Ok(Self(NonNull::new(skb).ok_or(ENOMEM)?))
    }

    /// The buffer, to be filled.
    pub(crate) fn buffer(&mut self) -> &mut MessageBuffer {
        // SAFETY: `self` owns the buffer, which is linear.
        unsafe { MessageBuffer::from_raw(self.0.as_ptr()) }
    }

    /// Sends the buffer to the socket with `portid`, without waiting for room in its queue.
    ///
    /// # Errors
    ///
    /// `ENOBUFS` if the queue of the receiver is full, `ECONNREFUSED` if it is gone. The message
    /// was not delivered then. One that the receiver's own socket filter rejects counts as
    /// delivered.
    pub(crate) fn unicast(self, net: Net<'_>, portid: u32) -> Result {
        // SAFETY: The function consumes the buffer, which `into_raw()` gives up.
        to_result(unsafe { bindings::nfnetlink_unicast(self.into_raw(), net.as_ptr(), portid) })
    }

    /// Sends the buffer to all sockets of a multicast group that have room in their queues.
    pub(crate) fn broadcast(self, net: Net<'_>, group: u32) {
        // SAFETY: The function consumes the buffer, which `into_raw()` gives up; `GFP_ATOMIC`
        // suits all contexts.
        unsafe {
            bindings::nfnetlink_broadcast(
                net.as_ptr(),
                self.into_raw(),
                0,
                group,
                bindings::GFP_ATOMIC,
            );
        }
    }

    fn into_raw(self) -> *mut bindings::sk_buff {
        let skb = self.0.as_ptr();
        core::mem::forget(self);
        skb
    }
}

impl Drop for NewBuffer {
    fn drop(&mut self) {
        // SAFETY: `self` owns the only reference: `kfree_skb()`.
        unsafe {
            bindings::sk_skb_reason_drop(
                core::ptr::null_mut(),
                self.0.as_ptr(),
                bindings::skb_drop_reason_SKB_DROP_REASON_NOT_SPECIFIED,
            );
        }
    }
}
