// SPDX-License-Identifier: GPL-2.0-only

//! An nfnetlink subsystem: its message types, the requests it gets, and its registration.
//!
//! C counterpart: `struct nfnetlink_subsystem`, `struct nfnl_callback` and `struct nfnl_info`.
//! Only callbacks under the subsystem's mutex (`NFNL_CB_MUTEX`) are supported: no RCU callbacks,
//! no batches.

use super::{
    attribute::{Attribute, Attributes, Policy},
    bindings,
    dump::{self, Dump},
    extack::ExtAck,
    net::Net,
    recipient::Recipient,
};
use kernel::{
    error::{from_result, to_result},
    prelude::*,
};

/// The answer to requests of one message type with attributes 0 to `N - 1`.
pub(crate) trait Command<const N: usize> {
    /// Answers a request.
    ///
    /// Runs in process context under the mutex of the subsystem; the caller has `CAP_NET_ADMIN`,
    /// and the attributes fulfil the policy.
    fn call(request: &Request<'_>, attributes: &Attributes<'_, N>) -> Result;
}

/// A request that nfnetlink has accepted.
///
/// # Invariants
///
/// The pointers in `info` are valid during `'a`, and so is `skb`, the buffer of the request.
pub(crate) struct Request<'a> {
    skb: *mut bindings::sk_buff,
    info: &'a bindings::nfnl_info,
}

impl<'a> Request<'a> {
    /// The namespace of the socket that sent the request.
    pub(crate) fn net(&self) -> Net<'a> {
        // SAFETY: By the type invariant; the sender's socket keeps the namespace alive.
        unsafe { Net::from_raw(self.info.net) }
    }

    /// `nlmsg_flags`.
    pub(crate) fn flags(&self) -> u32 {
        // SAFETY: By the type invariant.
        u32::from(unsafe { (*self.info.nlh).nlmsg_flags })
    }

    /// The socket that sent the request.
    pub(crate) fn recipient(&self) -> Recipient {
        // SAFETY: By the type invariant; the buffer came through a netlink socket.
        unsafe { Recipient::of(self.skb, self.info.nlh) }
    }

    /// The place to explain a refusal.
    pub(crate) fn extack(&self) -> ExtAck<'a> {
        // SAFETY: By the type invariant; only this callback writes to it.
        unsafe { ExtAck::from_raw(self.info.extack) }
    }

    /// `netlink_dump_start()`: answers with a dump, of which the first part is made right away.
    ///
    /// # Errors
    ///
    /// Those of [`Dump::start`], `EBUSY` if the socket has an unfinished dump, and `EINTR` on
    /// success, which tells nfnetlink not to acknowledge the request.
    pub(crate) fn dump<D: Dump>(&self, attribute: Option<Attribute<'_>>) -> Result {
        let mut control = dump::control::<D>(attribute, self.extack());
        // SAFETY: By the type invariant; the function copies what it keeps of `control`.
        to_result(unsafe {
            bindings::__netlink_dump_start(self.info.sk, self.skb, self.info.nlh, &mut control)
        })
    }
}

/// One entry of a subsystem's table of message types.
#[repr(transparent)]
pub(crate) struct Callback(bindings::nfnl_callback);

// SAFETY: The kernel only reads the table, and what it points to is static.
unsafe impl Sync for Callback {}

impl Callback {
    /// A message type that is refused with `EINVAL`.
    pub(crate) const REFUSED: Self = Self(bindings::nfnl_callback {
        call: None,
        policy: core::ptr::null(),
        type_: bindings::nfnl_callback_type_NFNL_CB_UNSPEC,
        attr_count: 0,
    });

    /// A message type that `C` answers.
    pub(crate) const fn new<C: Command<N>, const N: usize>(policy: &'static Policy<N>) -> Self {
        Self(bindings::nfnl_callback {
            call: Some(call_callback::<C, N>),
            policy: policy.as_ptr(),
            type_: bindings::nfnl_callback_type_NFNL_CB_MUTEX,
            attr_count: N.saturating_sub(1) as u16,
        })
    }
}

/// Decodes the arguments of a callback.
///
/// # Safety
///
/// Called by nfnetlink for an entry whose policy has `N` members.
unsafe extern "C" fn call_callback<C: Command<N>, const N: usize>(
    skb: *mut bindings::sk_buff,
    info: *const bindings::nfnl_info,
    attributes: *const *const bindings::nlattr,
) -> c_int {
    from_result(|| {
        // SAFETY: nfnetlink passes valid arguments for the time of the call. INVARIANT: The same.
        let request = unsafe { Request { skb, info: &*info } };
        // SAFETY: nfnetlink has parsed `attr_count + 1`, that is `N`, attributes into the table.
        let attributes = unsafe { Attributes::from_raw(attributes) };
        C::call(&request, &attributes)?;
        Ok(0)
    })
}

/// A subsystem, to be stored in a static.
#[repr(transparent)]
pub(crate) struct Subsystem(bindings::nfnetlink_subsystem);

// SAFETY: The kernel only reads the structure, and what it points to is static.
unsafe impl Sync for Subsystem {}

impl Subsystem {
    /// Describes a subsystem whose message type `n` is answered by `callbacks[n]`.
    pub(crate) const fn new(name: &'static CStr, id: u8, callbacks: &'static [Callback]) -> Self {
        Self(bindings::nfnetlink_subsystem {
            name: name.to_bytes_with_nul().as_ptr(),
            subsys_id: id,
            cb_count: callbacks.len() as u8,
            cb: callbacks.as_ptr().cast(),
            owner: core::ptr::null_mut(),
            commit: None,
            abort: None,
            valid_genid: None,
        })
    }

    /// Makes the subsystem reachable.
    ///
    /// # Errors
    ///
    /// `EBUSY` if its id is taken.
    pub(crate) fn register(&'static self) -> Result<Registration> {
        // SAFETY: The structure is static and never changes.
        to_result(unsafe { bindings::nfnetlink_subsys_register(&self.0) })?;
        Ok(Registration(self))
    }
}

/// The registration of a subsystem; after dropping it no callback runs.
pub(crate) struct Registration(&'static Subsystem);

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: The subsystem was registered in `Subsystem::register()`.
        unsafe { bindings::nfnetlink_subsys_unregister(&self.0 .0) };
    }
}
