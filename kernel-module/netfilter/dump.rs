// SPDX-License-Identifier: GPL-2.0-only

//! Dumps: answers in many messages, made part by part as the reader makes room.
//!
//! C counterpart: `struct netlink_dump_control` and `struct netlink_callback`. The state of a dump
//! is boxed; netlink owns the box from a successful start to `done`, which also runs when the
//! socket is closed early. The module cannot be unloaded in between.

use super::{
    attribute::Attribute, bindings, buffer::MessageBuffer, extack::ExtAck, net::Net,
    recipient::Recipient, this_module,
};
use kernel::{error::from_result, prelude::*, types::ForeignOwnable};

/// A kind of dump, and the state of one.
pub(crate) trait Dump: Sized + Send + 'static {
    /// Starts a dump that was requested with a message of type `kind` and, if present, with
    /// `attribute`. Runs as part of the request.
    fn start(kind: u8, attribute: Option<&Attribute>, extack: ExtAck<'_>) -> Result<Self>;

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
    pub(crate) net: &'a Net,
    /// The socket that gets the dump, and its request.
    pub(crate) recipient: Recipient,
    /// Where records are appended.
    pub(crate) buffer: &'a mut MessageBuffer,
}

/// A running dump.
struct Running<D> {
    dump: D,
    progress: Progress,
}

/// What netlink stores for a running dump.
type State<D> = KBox<Running<D>>;

/// The arguments of `netlink_dump_start()` for a dump of kind `D`.
pub(super) fn control<D: Dump>(
    attribute: Option<&Attribute>,
    extack: ExtAck<'_>,
) -> bindings::netlink_dump_control {
    let attribute = attribute.map_or(core::ptr::null(), Attribute::as_ptr);
    bindings::netlink_dump_control {
        start: Some(start_callback::<D>),
        dump: Some(dump_callback::<D>),
        done: Some(done_callback::<D>),
        extack: extack.as_ptr(),
        data: attribute.cast_mut().cast(),
        module: this_module::as_ptr(),
        ..Default::default()
    }
}

/// Makes the state of a dump out of the attribute that `control()` has left in its place.
///
/// # Safety
///
/// Called by `__netlink_dump_start()` with what `control::<D>()` returned. If this fails, `done`
/// is not called.
unsafe extern "C" fn start_callback<D: Dump>(cb: *mut bindings::netlink_callback) -> c_int {
    from_result(|| {
        // SAFETY: netlink passes its callback structure, which `nl_cb_mutex` protects.
        let cb = unsafe { &mut *cb };
        // SAFETY: The data is null or an attribute of the request, which is being processed.
        let attribute = unsafe { Attribute::from_raw(cb.data.cast_const().cast()) };
        // SAFETY: netlink lends out the structure of the request for this call.
        let extack = unsafe { ExtAck::from_raw(cb.extack) };
        // SAFETY: netlink keeps the header of the request.
        let kind = unsafe { (*cb.nlh).nlmsg_type } & 0xff;
        let dump = D::start(kind as u8, attribute, extack)?;
        let progress = Progress::Full;
        let state = KBox::new(Running { dump, progress }, GFP_KERNEL_ACCOUNT)?;
        cb.data = state.into_foreign();
        Ok(0)
    })
}

/// Makes one part of a dump; 0 ends it.
///
/// # Safety
///
/// Called by `netlink_dump()` with an empty buffer that belongs to the reader's socket, between
/// a successful `start_callback::<D>()` and `done_callback::<D>()`.
unsafe extern "C" fn dump_callback<D: Dump>(
    skb: *mut bindings::sk_buff,
    cb: *mut bindings::netlink_callback,
) -> c_int {
    // SAFETY: netlink passes its callback structure, which `nl_cb_mutex` protects, and which keeps
    // the request; its buffer came through a netlink socket.
    let (data, recipient) = unsafe { ((*cb).data, Recipient::of((*cb).skb, (*cb).nlh)) };
    // SAFETY: `start_callback()` has put the box there; `nl_cb_mutex` makes this the only borrow.
    let running = unsafe { State::<D>::borrow_mut(data) };
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

/// Drops the state of a dump.
///
/// # Safety
///
/// Called by netlink once after a successful `start_callback::<D>()`, as the last callback.
unsafe extern "C" fn done_callback<D: Dump>(cb: *mut bindings::netlink_callback) -> c_int {
    // SAFETY: `start_callback()` has put the box there, and nobody uses it any more.
    drop(unsafe { State::<D>::from_foreign((*cb).data) });
    0
}
