// SPDX-License-Identifier: GPL-2.0-only

//! The over-quota event.
//!
//! C counterpart: `nfnl_overquota_report()`. The event is a report without `NLM_F_MULTI` to the
//! group `NFNLGRP_ACCT_QUOTA`, its message type is that of NEW.

use super::wire;
use crate::{
    accounting::{
        object::{Object, Snapshot},
        table::Locked,
    },
    model::quota::{Counters, Quota, F_OVERQUOTA},
    netfilter::{
        buffer::{Context, NewBuffer},
        net::Net,
        recipient::Recipient,
        uapi,
    },
};

/// Takes the reported counters off an object, and sends the events that are due then. `locked` is proof that the table of the object is locked since before they were read.
pub(crate) fn reset(net: Net<'_>, object: &Object, reported: &Snapshot, locked: &Locked) {
    let aftermath = object.reset(reported, locked);
    if let Some(quota) = object.head().quota().filter(|_| aftermath.event_missed) {
        if let Ok(event) = NewBuffer::new(Context::Process) {
            send(net, object, event, quota, reported.counters);
        }
    }
    if aftermath.event_due {
        over_quota(net, object);
    }
}

/// Whether the packet that was just counted is above the quota of its object; sends the event if
/// it is due. Any context.
///
/// C counterpart: `nfnl_acct_overquota()`.
#[cold]
#[inline(never)]
pub(crate) fn judge(net: Net<'_>, object: &Object) -> bool {
    let Some(finding) = object.head().find_out() else {
        return false;
    };
    if finding.event_due {
        over_quota(net, object);
    }
    finding.exceeded
}

/// Sends the event if the quota is reached and that was not reported since the last reset. Any
/// context.
///
/// Without memory nothing changes, and the next packet tries again.
fn over_quota(net: Net<'_>, object: &Object) {
    let Ok(event) = NewBuffer::new(Context::Packet) else {
        return;
    };
    if let Some((quota, counters)) = object.head().begin_event() {
        send(net, object, event, quota, counters);
    }
}

/// Sends the event with these counters.
fn send(net: Net<'_>, object: &Object, mut event: NewBuffer, quota: Quota, counters: Counters) {
    let snapshot = Snapshot {
        counters,
        flags: quota.flag() | F_OVERQUOTA,
        uses: object.uses(),
    };
    if wire::report(event.buffer(), Recipient::GROUP, object, &snapshot).is_ok() {
        event.broadcast(net, uapi::NFNLGRP_ACCT_QUOTA);
    }
}
