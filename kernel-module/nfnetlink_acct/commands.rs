// SPDX-License-Identifier: GPL-2.0-only

//! The requests NEW, GET, GET_CTRZERO and DEL.
//!
//! C counterpart: `nfnl_acct_new()`, `nfnl_acct_get()` and `nfnl_acct_del()`. The order of the
//! checks decides which error is reported, so it is that of C.

use super::{
    dump::TableDump,
    notify,
    wire::{self, ATTRIBUTES},
};
use crate::{
    accounting::{object::Object, table::Table},
    model::{
        name::Name,
        quota::{Counters, Quota, Rejection},
    },
    netfilter::{
        attribute::{Attribute, Attributes},
        buffer::{Context, NewBuffer},
        extack::{Culprit, ExtAck},
        nfnetlink::{Command, Request},
        pernet::PerNet,
        uapi,
    },
};
use kernel::{
    prelude::*,
    sync::lock::{mutex::MutexBackend, Guard},
};

type Arguments<'a> = Attributes<'a, ATTRIBUTES>;

/// `NFNL_MSG_ACCT_NEW`: creates an object, or with `NLM_F_REPLACE` resets one.
pub(crate) struct New;

impl Command<ATTRIBUTES> for New {
    fn call(request: &Request<'_>, attributes: &Arguments<'_>) -> Result {
        let extack = request.extack();
        let attribute = required_name(attributes, extack)?;
        let culprit = Culprit::Attribute(attribute);
        let name = Name::from_c_buffer(attribute.payload())
            .ok_or_else(|| extack.refuse(EINVAL, c"The name is empty", culprit))?;

        let failed = |error| extack.refuse(error, c"No memory for the object", Culprit::Nothing);
        let quota;
        let shortage = {
            let mut table = lock(request)?;
            if let Some(object) = table.find(&name) {
                return existing(request, object, &table, culprit);
            }
            quota = self::quota(attributes, extack)?;
            table.prepare(quota.is_some())
        };

        let start = Counters {
            pkts: number(attributes, uapi::NFACCT_PKTS),
            bytes: number(attributes, uapi::NFACCT_BYTES),
        };
        let addition = shortage.and_then(|shortage| shortage.fill(name, quota, start));
        let addition = addition.map_err(failed)?;
        // Requests of this subsystem exclude each other: the name is still free, the room enough.
        let surplus = lock(request)?.insert(addition).map_err(failed)?;
        drop(surplus);
        Ok(())
    }
}

/// NEW for an object that exists.
fn existing(request: &Request<'_>, object: &Object, table: &Table, culprit: Culprit<'_>) -> Result {
    let extack = request.extack();
    if request.flags() & uapi::NLM_F_EXCL != 0 {
        return Err(extack.refuse(EEXIST, c"An object of this name exists", culprit));
    }
    if request.flags() & uapi::NLM_F_REPLACE == 0 {
        let text = c"An object of this name exists; NLM_F_REPLACE resets its counters";
        return Err(extack.refuse(EBUSY, text, culprit));
    }
    notify::reset(request.net(), object, &object.snapshot(), table.locked());
    Ok(())
}

/// The quota that a NEW request defines.
fn quota(attributes: &Arguments<'_>, extack: ExtAck<'_>) -> Result<Option<Quota>> {
    let flags = attributes.get(uapi::NFACCT_FLAGS);
    let limit = attributes.get(uapi::NFACCT_QUOTA);
    let culprit = flags.map_or(Culprit::Nothing, Culprit::Attribute);
    Quota::from_request(
        flags.and_then(Attribute::be32),
        limit.and_then(Attribute::be64),
    )
    .map_err(|rejection| match rejection {
        Rejection::UnsupportedFlags => {
            let errno = Error::from_errno(-(uapi::EOPNOTSUPP as i32));
            extack.refuse(errno, c"Only quota flags can be set", culprit)
        }
        Rejection::BothUnits => {
            let text = c"A quota limits packets or bytes, not both";
            extack.refuse(EINVAL, text, culprit)
        }
        Rejection::MissingQuota => {
            let missing = Culprit::Missing(uapi::NFACCT_QUOTA);
            extack.refuse(EINVAL, c"A quota flag needs a quota", missing)
        }
    })
}

/// `NFNL_MSG_ACCT_GET`, and with `RESET` `NFNL_MSG_ACCT_GET_CTRZERO`: reports one object or all.
pub(crate) struct Get<const RESET: bool>;

impl<const RESET: bool> Command<ATTRIBUTES> for Get<RESET> {
    fn call(request: &Request<'_>, attributes: &Arguments<'_>) -> Result {
        if request.flags() & uapi::NLM_F_DUMP != 0 {
            return request.dump::<TableDump>(attributes.get(uapi::NFACCT_FILTER));
        }
        let extack = request.extack();
        let attribute = required_name(attributes, extack)?;

        let table = lock(request)?;
        let object = Name::from_c_buffer(attribute.payload())
            .and_then(|name| table.find(&name))
            .ok_or_else(|| no_such_object(extack, attribute))?;
        let failed = |error| extack.refuse(error, c"No memory for the reply", Culprit::Nothing);
        let mut reply = NewBuffer::new(Context::Process).map_err(failed)?;
        let snapshot = object.snapshot();
        let recipient = request.recipient();
        wire::report(reply.buffer(), recipient, object, &snapshot).map_err(|_| failed(EMSGSIZE))?;
        // Only what the receiver has in its queue is taken off. The lock is held until then, so
        // that no other request sees the counters in between.
        reply
            .unicast(request.net(), recipient.portid)
            .map_err(|error| {
                extack.refuse(error, c"The reply cannot be queued", Culprit::Nothing)
            })?;
        if RESET {
            notify::reset(request.net(), object, &snapshot, table.locked());
        }
        Ok(())
    }
}

/// `NFNL_MSG_ACCT_DEL`: deletes one object, or without a name all that no rule refers to.
pub(crate) struct Delete;

impl Command<ATTRIBUTES> for Delete {
    fn call(request: &Request<'_>, attributes: &Arguments<'_>) -> Result {
        let mut table = lock(request)?;
        let Some(attribute) = attributes.get(uapi::NFACCT_NAME) else {
            table.remove_unused();
            return Ok(());
        };
        let extack = request.extack();
        let name = Name::from_c_buffer(attribute.payload())
            .ok_or_else(|| no_such_object(extack, attribute))?;
        table.remove(&name).map_err(|error| {
            if error == EBUSY {
                let culprit = Culprit::Attribute(attribute);
                extack.refuse(error, c"A rule refers to the object", culprit)
            } else {
                no_such_object(extack, attribute)
            }
        })
    }
}

/// Locks the table of the requesting namespace.
fn lock<'a>(request: &Request<'a>) -> Result<Guard<'a, Table, MutexBackend>> {
    Table::pernet().lock(request.net()).ok_or_else(|| {
        let text = c"The network namespace is being torn down";
        request.extack().refuse(ENOENT, text, Culprit::Nothing)
    })
}

/// The attribute that names the object.
fn required_name<'a>(attributes: &Arguments<'a>, extack: ExtAck<'_>) -> Result<Attribute<'a>> {
    attributes.get(uapi::NFACCT_NAME).ok_or_else(|| {
        let missing = Culprit::Missing(uapi::NFACCT_NAME);
        extack.refuse(EINVAL, c"The name of the object is missing", missing)
    })
}

fn no_such_object(extack: ExtAck<'_>, name: Attribute<'_>) -> Error {
    extack.refuse(ENOENT, c"No object of this name", Culprit::Attribute(name))
}

/// A 64-bit number of a NEW request; 0 if it is absent.
fn number(attributes: &Arguments<'_>, attribute: u32) -> u64 {
    attributes
        .get(attribute)
        .and_then(Attribute::be64)
        .unwrap_or(0)
}
