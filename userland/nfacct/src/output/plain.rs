// SPDX-License-Identifier: MIT OR Apache-2.0
//! The default format of `list`, which `restore` reads.

use nfacct_netlink::{ObjectRef, Quota, QuotaKind};

use super::{Formatter, push_escaped, push_padded};

/// One line per object.
pub(crate) struct Plain {
    /// Names must not control a terminal, nor break a line in two.
    escape: bool,
}

impl Plain {
    pub(crate) fn new(escape: bool) -> Self {
        Self { escape }
    }

    /// Appends the line of an object.
    pub(crate) fn line(&self, text: &mut Vec<u8>, object: &ObjectRef<'_>) {
        text.extend(b"{ pkts = ");
        push_padded(text, object.packets);
        text.extend(b", bytes = ");
        push_padded(text, object.bytes);
        if let Some(quota) = object.quota {
            text.extend(b", quota = ");
            push_padded(text, quota.limit);
            text.extend(b", mode = ");
            text.extend(mode(&quota).as_bytes());
            text.extend(if quota.exceeded {
                &b", overquota = yes"[..]
            } else {
                b", overquota = no"
            });
        }
        text.extend(b" } = ");
        if self.escape {
            push_escaped(text, object.name);
        } else {
            text.extend(object.name);
        }
        text.extend(b";\n");
    }
}

impl Formatter for Plain {
    fn object(&mut self, text: &mut Vec<u8>, object: &ObjectRef<'_>, _first: bool) {
        self.line(text, object);
    }
}

/// The word for the kind of a quota.
pub(super) fn mode(quota: &Quota) -> &'static str {
    match quota.kind {
        QuotaKind::Bytes => "byte",
        QuotaKind::Packets => "packet",
        QuotaKind::Unknown => "unknown",
    }
}
