// SPDX-License-Identifier: GPL-2.0-only

//! Writing one nfnetlink message.
//!
//! C counterpart: `nfnl_msg_put()`, `nla_put_string()`, `nla_put_be32()`, `nla_put_be64()`,
//! `nlmsg_end()` and `nlmsg_cancel()`. A message that is not finished with [`Message::end`] leaves
//! no trace in the buffer.

use super::{bindings, buffer::MessageBuffer, recipient::Recipient};
use core::ptr::NonNull;
use kernel::prelude::*;

/// What the headers of a message hold. The family is `AF_UNSPEC`, the version `NFNETLINK_V0`.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    /// `nlmsg_pid` and `nlmsg_seq`.
    pub(crate) recipient: Recipient,
    /// The nfnetlink subsystem.
    pub(crate) subsystem: u8,
    /// The message type within the subsystem.
    pub(crate) kind: u8,
    /// `NLM_F_*`.
    pub(crate) flags: u16,
}

/// The buffer is full.
pub(crate) struct NoRoom;

/// A message that is being written.
///
/// # Invariants
///
/// `start` is the header of the last message in `buffer`, everything behind it is this message.
pub(crate) struct Message<'a> {
    buffer: &'a mut MessageBuffer,
    start: NonNull<bindings::nlmsghdr>,
}

impl<'a> Message<'a> {
    /// `nfnl_msg_put()`.
    pub(super) fn new(buffer: &'a mut MessageBuffer, header: Header) -> Option<Self> {
        const PAYLOAD: usize = core::mem::size_of::<bindings::nfgenmsg>();
        const NEEDED: usize = core::mem::size_of::<bindings::nlmsghdr>() + PAYLOAD;
        if tail_room(buffer) < NEEDED {
            return None;
        }
        // SAFETY: The buffer is ours and has room for the header and a payload of this size, both
        // multiples of the alignment of messages.
        let start = NonNull::new(unsafe {
            bindings::__nlmsg_put(
                buffer.as_ptr(),
                header.recipient.portid,
                header.recipient.sequence,
                c_int::from(header.subsystem) << 8 | c_int::from(header.kind),
                PAYLOAD as c_int,
                c_int::from(header.flags),
            )
        })?;
        // SAFETY: `__nlmsg_put()` has made room for the payload right behind the header.
        unsafe {
            start
                .add(1)
                .cast::<bindings::nfgenmsg>()
                .write(bindings::nfgenmsg {
                    nfgen_family: bindings::AF_UNSPEC as u8,
                    version: bindings::NFNETLINK_V0 as u8,
                    res_id: 0,
                });
        }
        // INVARIANT: `__nlmsg_put()` has appended this message.
        Some(Self { buffer, start })
    }

    /// Appends an attribute: `nla_put()`.
    pub(crate) fn put(&mut self, attribute: u32, payload: &[u8]) -> Result<(), NoRoom> {
        let len = c_int::try_from(payload.len()).map_err(|_| NoRoom)?;
        // SAFETY: The buffer is ours; the payload is valid for reads of its length.
        let result = unsafe {
            bindings::nla_put(
                self.buffer.as_ptr(),
                attribute as c_int,
                len,
                payload.as_ptr().cast(),
            )
        };
        room(result)
    }

    /// Appends a 32-bit number in network byte order: `nla_put_be32()`.
    pub(crate) fn put_be32(&mut self, attribute: u32, value: u32) -> Result<(), NoRoom> {
        self.put(attribute, &value.to_be_bytes())
    }

    /// Appends a 64-bit number in network byte order: `nla_put_be64()`.
    ///
    /// Where 64-bit accesses must be aligned, an empty attribute of type `pad` goes before it.
    pub(crate) fn put_be64(&mut self, attribute: u32, value: u64, pad: u32) -> Result<(), NoRoom> {
        let payload = value.to_be_bytes();
        // SAFETY: The buffer is ours; the payload is valid for reads of its length.
        let result = unsafe {
            bindings::nla_put_64bit(
                self.buffer.as_ptr(),
                attribute as c_int,
                payload.len() as c_int,
                payload.as_ptr().cast(),
                pad as c_int,
            )
        };
        room(result)
    }

    /// `nlmsg_end()`: finishes the message.
    pub(crate) fn end(self) {
        let skb = self.buffer.as_ptr();
        // SAFETY: The buffer is ours, and by the type invariant `start` points into it, before
        // its tail, which is an offset from its head.
        unsafe {
            let tail = (*skb).head.add((*skb).tail as usize);
            let start = self.start.as_ptr();
            let len = (tail as usize).wrapping_sub(start as usize);
            (*start).nlmsg_len = len as u32;
        }
        core::mem::forget(self);
    }
}

impl Drop for Message<'_> {
    /// `nlmsg_cancel()`: removes the message from the buffer.
    fn drop(&mut self) {
        let skb = self.buffer.as_ptr();
        // SAFETY: As in `end()`; the message starts at or behind the data of the buffer.
        unsafe {
            let data = (*skb).data as usize;
            let before = (self.start.as_ptr() as usize).wrapping_sub(data);
            bindings::skb_trim(skb, before as c_uint);
        }
    }
}

/// `skb_tailroom()` of a linear buffer.
fn tail_room(buffer: &MessageBuffer) -> usize {
    let skb = buffer.as_ptr();
    // SAFETY: The buffer is ours; both are offsets from its head.
    let (end, tail) = unsafe { ((*skb).end, (*skb).tail) };
    end.saturating_sub(tail) as usize
}

/// The result of a function that appends an attribute: 0 or `-EMSGSIZE`.
fn room(result: c_int) -> Result<(), NoRoom> {
    if result == 0 {
        Ok(())
    } else {
        Err(NoRoom)
    }
}
