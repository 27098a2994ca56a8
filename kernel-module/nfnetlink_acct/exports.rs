// SPDX-License-Identifier: GPL-2.0-only

//! The functions that other modules call, with the C ABI and the names of the C module.
//!
//! C counterpart: the `EXPORT_SYMBOL_GPL()`s of `nfnetlink_acct.c`. Behind `struct nf_acct *` is
//! an [`Object`] whose [`Arc`] the caller owns one reference of, together with a reference to
//! this module. The stock `xt_nfacct` works with them unchanged.

use super::notify;
use crate::{
    accounting::{
        head::{Judgement, PROVIDER_ABI},
        object::Object,
        table::Table,
    },
    model::name::{Name, NAME_MAX},
    netfilter::{bindings, module_ref::ModuleRef, net::Net, packet::Packet, pernet::PerNet},
};
use core::ptr::null_mut;
use kernel::{prelude::*, sync::Arc};

/// Tells our match from which sources this module was built; the C module does not have it.
#[no_mangle]
pub(crate) static nfacct_rs_abi_1: u32 = PROVIDER_ABI;

/// Finds an object and takes a reference to it and to this module; null if there is none.
///
/// Process context, may sleep (C: any context; its only user calls it from `checkentry`).
///
/// # Safety
///
/// `net` must be alive, `name` valid for reads up to its NUL or for `NFACCT_NAME_MAX` bytes.
#[no_mangle]
unsafe extern "C" fn nfnl_acct_find_get(
    net: *mut bindings::net,
    name: *const c_char,
) -> *mut bindings::nf_acct {
    // SAFETY: Required from the caller.
    let (net, name) = unsafe {
        let len = bindings::strnlen(name, NAME_MAX);
        let name = core::slice::from_raw_parts(name.cast::<u8>(), len);
        (Net::from_raw(net), Name::from_c_buffer(name))
    };
    let Some(module) = ModuleRef::new() else {
        return null_mut();
    };
    let Some(table) = Table::pernet().lock(net) else {
        return null_mut();
    };
    let Some(object) = name.and_then(|name| table.find(&name)) else {
        return null_mut();
    };
    object.add_user(table.locked());
    module.into_foreign();
    Arc::into_raw(object.clone()).cast_mut().cast()
}

/// Gives the references of [`nfnl_acct_find_get`] back. Any context.
///
/// The object may be freed at once: the caller has made sure that no packet uses it any more, as
/// x_tables and nft_compat do before they destroy a rule.
///
/// # Safety
///
/// One call for each pointer that [`nfnl_acct_find_get`] returned.
#[no_mangle]
unsafe extern "C" fn nfnl_acct_put(acct: *mut bindings::nf_acct) {
    // SAFETY: Both were handed over in `nfnl_acct_find_get()` and come back once.
    let (module, object) = unsafe {
        let object: *const Object = acct.cast();
        (ModuleRef::from_foreign(), Arc::from_raw(object))
    };
    object.remove_user();
    drop(object);
    // Last, so that the text above stays.
    drop(module);
}

/// Counts a packet. Any context.
///
/// # Safety
///
/// `skb` must be valid for reads, and the caller must hold a reference to the object.
#[no_mangle]
unsafe extern "C" fn nfnl_acct_update(skb: *const bindings::sk_buff, acct: *mut bindings::nf_acct) {
    // SAFETY: Required from the caller.
    let (packet, object) = unsafe { (Packet::from_raw(skb), &*acct.cast::<Object>()) };
    object.head().count(packet.len());
}

/// Compares the counter with the quota, and sends the event if it is due. Any context.
///
/// Returns `NFACCT_NO_QUOTA`, `NFACCT_UNDERQUOTA` or `NFACCT_OVERQUOTA`.
///
/// # Safety
///
/// `net` must be alive, and the caller must hold a reference to the object.
#[no_mangle]
unsafe extern "C" fn nfnl_acct_overquota(
    net: *mut bindings::net,
    acct: *mut bindings::nf_acct,
) -> c_int {
    // SAFETY: Required from the caller.
    let (net, object) = unsafe { (Net::from_raw(net), &*acct.cast::<Object>()) };
    let exceeded = match object.head().judge() {
        Judgement::NoQuota => return bindings::NFACCT_NO_QUOTA,
        Judgement::Exceeded(exceeded) => exceeded,
        Judgement::Unknown => notify::judge(net, object),
    };
    if exceeded {
        bindings::NFACCT_OVERQUOTA
    } else {
        bindings::NFACCT_UNDERQUOTA
    }
}

/// The functions above have the types that the kernel's header declares.
const _: () = {
    let _: [unsafe extern "C" fn(*mut bindings::net, *const c_char) -> *mut bindings::nf_acct; 2] =
        [nfnl_acct_find_get, bindings::nfnl_acct_find_get];
    let _: [unsafe extern "C" fn(*mut bindings::nf_acct); 2] =
        [nfnl_acct_put, bindings::nfnl_acct_put];
    let _: [unsafe extern "C" fn(*const bindings::sk_buff, *mut bindings::nf_acct); 2] =
        [nfnl_acct_update, bindings::nfnl_acct_update];
    let _: [unsafe extern "C" fn(*mut bindings::net, *mut bindings::nf_acct) -> c_int; 2] =
        [nfnl_acct_overquota, bindings::nfnl_acct_overquota];
};
