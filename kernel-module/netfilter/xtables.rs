// SPDX-License-Identifier: GPL-2.0-only

//! An xtables match: a condition in a rule of iptables or ebtables, or of nft through nft_compat.
//!
//! C counterpart: `struct xt_match` and `xt_register_matches()`. A rule carries what user space
//! wrote and, behind it, the state that the check made of it. Not handled: hook restrictions,
//! tables, protocols, and the conversion of 32-bit rules.

use super::{bindings, net::Net, packet::Packet, this_module};
use core::{cell::UnsafeCell, ffi::CStr};
use kernel::{
    error::{from_result, to_result},
    prelude::*,
    sync::atomic::{Atomic, Full, Release},
    types::ForeignOwnable,
};

/// A match.
pub(crate) trait Match: 'static {
    /// The name, as in `-m NAME`; shorter than 29 bytes.
    const NAME: &'static CStr;
    /// `NFPROTO_*`.
    const FAMILY: u32;
    /// What user space writes into a rule: bytes, so that any value is valid.
    type User: AsBytes;
    /// What the kernel keeps in a rule, stored as one pointer.
    type State: ForeignOwnable + Send;

    /// Checks a new rule and makes its state. Process context, may sleep.
    fn check(net: Net<'_>, user: &Self::User) -> Result<Self::State>;

    /// Whether a packet matches. Under RCU with bottom halves off, or on the output path.
    fn matches(
        packet: &Packet,
        parameters: &Parameters,
        state: <Self::State as ForeignOwnable>::Borrowed<'_>,
    ) -> bool;
}

/// Arrays of bytes.
pub(crate) trait AsBytes: sealed::Sealed {}
impl<const N: usize> AsBytes for [u8; N] {}

mod sealed {
    pub(crate) trait Sealed {}
    impl<const N: usize> Sealed for [u8; N] {}
}

/// The data of a rule: `matchinfo`. Packed, for ebtables does not align it.
#[repr(C, packed)]
pub(crate) struct MatchInfo<M: Match> {
    user: M::User,
    /// `M::State` as a foreign pointer once the rule was checked.
    state: *mut c_void,
}

/// Size of the data of a rule.
pub(crate) const fn matchsize<M: Match>() -> usize {
    core::mem::size_of::<MatchInfo<M>>()
}

/// Size of the part that user space writes, and that it gets back.
pub(crate) const fn usersize<M: Match>() -> usize {
    core::mem::offset_of!(MatchInfo<M>, state)
}

/// Where a packet is.
#[repr(transparent)]
pub(crate) struct Parameters(bindings::xt_action_param);

impl Parameters {
    /// `xt_net()`: the namespace that the hook runs in.
    #[inline(always)]
    pub(crate) fn net(&self) -> Net<'_> {
        // SAFETY: The hook's state and its namespace are valid while a packet is in the hook.
        unsafe { Net::from_raw((*self.0.state).net) }
    }
}

/// One `struct xt_match`.
#[repr(transparent)]
pub(crate) struct Entry(UnsafeCell<bindings::xt_match>);

// SAFETY: After registration only x_tables changes an entry, under its own lock.
unsafe impl Sync for Entry {}

impl Entry {
    /// Describes revision `revision` of `M`.
    pub(crate) const fn new<M: Match>(revision: u8) -> Self {
        // SAFETY: All-zero is a valid `struct xt_match`, as in C.
        let mut entry: bindings::xt_match = unsafe { core::mem::zeroed() };
        let name = M::NAME.to_bytes();
        let mut index = 0;
        while index < name.len() {
            entry.name[index] = name[index];
            index += 1;
        }
        entry.revision = revision;
        entry.match_ = Some(match_callback::<M>);
        entry.checkentry = Some(check_callback::<M>);
        entry.destroy = Some(destroy_callback::<M>);
        entry.me = this_module::as_ptr();
        entry.matchsize = matchsize::<M>() as c_uint;
        entry.usersize = usersize::<M>() as c_uint;
        entry.family = M::FAMILY as u16;
        Self(UnsafeCell::new(entry))
    }
}

/// A table of entries, to be stored in a static.
pub(crate) struct Matches<const N: usize> {
    entries: [Entry; N],
    registered: Atomic<bool>,
}

impl<const N: usize> Matches<N> {
    /// An unregistered table.
    pub(crate) const fn new(entries: [Entry; N]) -> Self {
        Self {
            entries,
            registered: Atomic::new(false),
        }
    }

    /// Makes the entries usable in rules.
    ///
    /// # Errors
    ///
    /// `EBUSY` if they are already, `ENOMEM`, `EINVAL`.
    pub(crate) fn register(&'static self) -> Result<Registration<N>> {
        if self.registered.xchg(true, Full) {
            return Err(EBUSY);
        }
        // SAFETY: The table is static and, since `registered` was false, not in use.
        let result =
            to_result(unsafe { bindings::xt_register_matches(self.as_ptr(), N as c_uint) });
        if let Err(error) = result {
            self.registered.store(false, Release);
            return Err(error);
        }
        Ok(Registration(self))
    }

    /// The table for C.
    fn as_ptr(&'static self) -> *mut bindings::xt_match {
        UnsafeCell::raw_get(self.entries.as_ptr().cast())
    }
}

/// Registered entries; dropping it unregisters them.
pub(crate) struct Registration<const N: usize>(&'static Matches<N>);

impl<const N: usize> Drop for Registration<N> {
    fn drop(&mut self) {
        // SAFETY: The entries were registered in `Matches::register()`.
        unsafe { bindings::xt_unregister_matches(self.0.as_ptr(), N as c_uint) };
        self.0.registered.store(false, Release);
    }
}

/// Decides about a packet.
///
/// # Safety
///
/// Called by x_tables with a packet and a rule that `check_callback::<M>()` accepted.
unsafe extern "C" fn match_callback<M: Match>(
    skb: *const bindings::sk_buff,
    parameters: *mut bindings::xt_action_param,
) -> bool {
    // SAFETY: x_tables passes valid arguments, and the rule stays until the hook is left. The
    // state is that of the rule, which `destroy_callback()` takes only after that.
    unsafe {
        let parameters: &Parameters = &*parameters.cast();
        let info: *const MatchInfo<M> = parameters.0.__bindgen_anon_2.matchinfo.cast();
        let state = M::State::borrow((*info).state);
        M::matches(Packet::from_raw(skb), parameters, state)
    }
}

/// Checks a new rule.
///
/// # Safety
///
/// Called by x_tables with a copy of the rule that is `matchsize` bytes large.
unsafe extern "C" fn check_callback<M: Match>(
    parameters: *const bindings::xt_mtchk_param,
) -> c_int {
    from_result(|| {
        // SAFETY: x_tables passes valid arguments; the namespace is that of the caller's socket.
        let (net, info, user) = unsafe {
            let info: *mut MatchInfo<M> = (*parameters).matchinfo.cast();
            let user = &raw const (*info).user;
            (Net::from_raw((*parameters).net), info, user)
        };
        // SAFETY: The rule is ours during the check, and any bytes are a valid `User`, wherever
        // they lie.
        let state = M::check(net, unsafe { &*user })?;
        // SAFETY: As above.
        unsafe { (*info).state = state.into_foreign() };
        Ok(0)
    })
}

/// Drops the state of a rule.
///
/// # Safety
///
/// Called by x_tables once for each rule that `check_callback::<M>()` accepted, after the last
/// packet has left it.
unsafe extern "C" fn destroy_callback<M: Match>(parameters: *const bindings::xt_mtdtor_param) {
    // SAFETY: `check_callback()` has stored the state, and nobody uses it any more.
    unsafe {
        let info: *mut MatchInfo<M> = (*parameters).matchinfo.cast();
        drop(M::State::from_foreign((*info).state));
    }
}
