// SPDX-License-Identifier: GPL-2.0-only

//! Dumps: answers in many messages, made part by part as the reader makes room.
//!
//! C counterpart: `struct netlink_dump_control` and `struct netlink_callback`. The state of a dump
//! lies in the room that the callback structure has for it, so it is small and needs no dropping.
//! While a dump is unfinished netlink keeps a reference to the module.

use super::{
    attribute::Attribute, bindings, buffer::MessageBuffer, extack::ExtAck, net::Net,
    recipient::Recipient, this_module,
};
use core::mem::{align_of, needs_drop, offset_of, size_of};
use kernel::{error::from_result, prelude::*};

#[cfg(not(CONFIG_NET_NS))]
compile_error!("the namespace of a socket is found where CONFIG_NET_NS has it");

/// A kind of dump, and the state of one.
///
/// At most 40 bytes that need not be dropped; both are checked when it is compiled.
pub(crate) trait Dump: Sized + Send + 'static {
    /// Starts a dump that was requested with a message of type `kind` and, if present, with
    /// `attribute`. Runs as part of the request.
    fn start(kind: u8, attribute: Option<Attribute<'_>>, extack: ExtAck<'_>) -> Result<Self>;

    /// Appends records to a part until there is no room or nothing left, and says which.
    ///
    /// Runs in process context under the socket's callback mutex; only the first part of a dump
    /// is made under the mutex of the subsystem.
    fn fill(&mut self, part: &mut Part<'_>) -> Progress;
}

/// What a part of a dump ended with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is more to come.
    Full,
    /// Everything was written.
    Complete,
}

/// A part of a dump that is being written.
pub(crate) struct Part<'a> {
    /// The namespace of the socket that gets the dump.
    pub(crate) net: Net<'a>,
    /// The socket that gets the dump, and its request.
    pub(crate) recipient: Recipient,
    /// Where records are appended.
    pub(crate) buffer: &'a mut MessageBuffer,
}

/// A running dump, as it lies in `netlink_callback::ctx`.
struct Running<D> {
    dump: D,
    progress: Progress,
}

impl<D: Dump> Running<D> {
    /// Where the running dump of a callback structure lies.
    fn of(cb: *mut bindings::netlink_callback) -> *mut Self {
        const {
            assert!(size_of::<Self>() <= size_of::<Context>());
            assert!(align_of::<Self>() <= align_of::<Context>());
            assert!(!needs_drop::<Self>());
        }
        // `wrapping` since nothing is read here; the offset is inside of the structure.
        cb.wrapping_byte_add(offset_of!(bindings::netlink_callback, __bindgen_anon_1))
            .cast()
    }
}

/// The room for the state of a dump.
type Context = bindings::netlink_callback__bindgen_ty_1;

/// The arguments of `netlink_dump_start()` for a dump of kind `D`.
pub(super) fn control<D: Dump>(
    attribute: Option<Attribute<'_>>,
    extack: ExtAck<'_>,
) -> bindings::netlink_dump_control {
    let attribute = attribute.map_or(core::ptr::null(), Attribute::as_ptr);
    bindings::netlink_dump_control {
        start: Some(start_callback::<D>),
        dump: Some(dump_callback::<D>),
        extack: extack.as_ptr(),
        data: attribute.cast_mut().cast(),
        module: this_module::as_ptr(),
        ..Default::default()
    }
}

/// Makes the state of a dump out of the attribute that `control()` has passed on.
///
/// # Safety
///
/// Called by `__netlink_dump_start()` with what `control::<D>()` returned.
unsafe extern "C" fn start_callback<D: Dump>(cb: *mut bindings::netlink_callback) -> c_int {
    from_result(|| {
        // SAFETY: netlink passes its callback structure, which `nl_cb_mutex` protects. It holds
        // the request, an attribute of it or null, and its extended acknowledgement.
        let (kind, attribute, extack) = unsafe {
            (
                (*(*cb).nlh).nlmsg_type & 0xff,
                Attribute::from_raw((*cb).data.cast_const().cast()),
                ExtAck::from_raw((*cb).extack),
            )
        };
        let dump = D::start(kind as u8, attribute, extack)?;
        let progress = Progress::Full;
        // SAFETY: `of()` has checked size and alignment; nobody else uses the room.
        unsafe { Running::of(cb).write(Running { dump, progress }) };
        Ok(0)
    })
}

/// Makes one part of a dump; 0 ends it.
///
/// # Safety
///
/// Called by `netlink_dump()` with an empty buffer that belongs to the reader's socket, after a
/// successful `start_callback::<D>()`.
unsafe extern "C" fn dump_callback<D: Dump>(
    skb: *mut bindings::sk_buff,
    cb: *mut bindings::netlink_callback,
) -> c_int {
    // SAFETY: netlink passes its callback structure, which keeps the request; the buffer of that
    // came through a netlink socket.
    let recipient = unsafe { Recipient::of((*cb).skb, (*cb).nlh) };
    // SAFETY: `start_callback()` has put the state there; `nl_cb_mutex` makes this the only borrow.
    let running = unsafe { &mut *Running::<D>::of(cb) };
    if running.progress == Progress::Complete {
        return 0;
    }
    // SAFETY: `netlink_dump()` has allocated the buffer and set its owner, a socket, which keeps
    // its namespace. The offsets are those of `skb->sk` and of what `sock_net()` reads.
    let net = unsafe {
        let sk: *const *mut bindings::sock = skb.byte_add(bindings::OFFSETOF_SKB_SK).cast();
        let net: *const *mut bindings::net = (*sk).byte_add(bindings::OFFSETOF_SOCK_NET).cast();
        Net::from_raw(*net)
    };
    // SAFETY: The buffer is linear and nobody else knows it yet.
    let buffer = unsafe { MessageBuffer::from_raw(skb) };
    let mut part = Part {
        net,
        recipient,
        buffer,
    };
    running.progress = running.dump.fill(&mut part);
    part.buffer.len() as c_int
}
