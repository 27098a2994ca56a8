// SPDX-License-Identifier: GPL-2.0-only

//! The dump of a table, with or without reset.
//!
//! C counterpart: `nfnl_acct_start()`, `nfnl_acct_dump()` and `nfnl_acct_done()`. A dump goes on
//! after the number of the last object that it reported. So each object that exists from its start
//! to its end is reported exactly once, whatever is created or deleted meanwhile, and nothing has
//! to be remembered about objects. `NLM_F_DUMP_INTR` is never set: libmnl takes it for an error.

use super::{
    notify,
    wire::{self, FILTER_POLICY},
};
use crate::{
    accounting::{
        object::Object,
        table::{Locked, Table},
    },
    model::filter::Filter,
    netfilter::{
        attribute::Attribute,
        dump::{Dump, Part, Progress},
        extack::{Culprit, ExtAck},
        pernet::PerNet,
        uapi,
    },
};
use core::ops::ControlFlow;
use kernel::prelude::*;

/// A running dump.
pub(crate) struct TableDump {
    filter: Filter,
    /// The request was GET_CTRZERO.
    reset: bool,
    /// Number of the first object that was not considered yet.
    next_id: u64,
}

impl Dump for TableDump {
    fn start(kind: u8, attribute: Option<Attribute<'_>>, extack: ExtAck<'_>) -> Result<Self> {
        Ok(Self {
            filter: attribute.map_or(Ok(Filter::ALL), |nest| filter(nest, extack))?,
            reset: u32::from(kind) == uapi::NFNL_MSG_ACCT_GET_CTRZERO,
            next_id: 0,
        })
    }

    fn fill(&mut self, part: &mut Part<'_>) -> Progress {
        let Some(table) = Table::pernet().lock(part.net) else {
            return Progress::Complete;
        };
        let end = table.visit_from(self.next_id, |id, object, locked| {
            self.report(part, object, locked)?;
            self.next_id = id.wrapping_add(1);
            ControlFlow::Continue(())
        });
        match end {
            ControlFlow::Continue(()) => Progress::Complete,
            ControlFlow::Break(()) => Progress::Full,
        }
    }
}

impl TableDump {
    /// Reports an object if it is selected; breaks if there is no room.
    fn report(&self, part: &mut Part<'_>, object: &Object, locked: &Locked) -> ControlFlow<()> {
        // Before the counters are read, on all CPUs: the whole table may have to be skipped.
        if !self.filter.selects(object.flags()) {
            return ControlFlow::Continue(());
        }
        let snapshot = object.snapshot();
        if wire::report(part.buffer, part.recipient, object, &snapshot).is_err() {
            return ControlFlow::Break(());
        }
        // The record is in the buffer, for which netlink has reserved room in the reader's queue.
        if self.reset {
            notify::reset(part.net, object, &snapshot, locked);
        }
        ControlFlow::Continue(())
    }
}

/// Decodes `NFACCT_FILTER`.
fn filter(nest: Attribute<'_>, extack: ExtAck<'_>) -> Result<Filter> {
    let attributes = nest.nested(&FILTER_POLICY, extack)?;
    let number = |attribute| {
        attributes
            .get(attribute)
            .and_then(Attribute::be32)
            .ok_or_else(|| {
                let missing = Culprit::MissingIn(nest, attribute);
                extack.refuse(EINVAL, c"A filter needs a mask and a value", missing)
            })
    };
    Ok(Filter {
        mask: number(uapi::NFACCT_FILTER_MASK)?,
        value: number(uapi::NFACCT_FILTER_VALUE)?,
    })
}
