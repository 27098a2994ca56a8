// SPDX-License-Identifier: MIT OR Apache-2.0
//! The default format of `list`, which `restore` reads.

use nfacct_netlink::{ObjectRef, Quota, QuotaKind};

use super::{Formatter, push_padded};

/// One line per object.
pub(crate) struct Plain {
    /// Show control characters in names as `\xNN`: on a terminal they could do anything.
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

/// Text stays text; control characters and what is not UTF-8 become `\xNN`.
pub(crate) fn push_escaped(text: &mut Vec<u8>, name: &[u8]) {
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            if character.is_control() {
                text.extend(bytes.escape_ascii());
            } else {
                text.extend(bytes);
            }
        }
        text.extend(chunk.invalid().escape_ascii());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_control_a_terminal() {
        let mut text = Vec::new();
        push_escaped(&mut text, b"a\x1b[2Jb\x07 \xc3\xa9\xff\xc2\x9b");
        assert_eq!(String::from_utf8(text).unwrap(), "a\\x1b[2Jb\\x07 é\\xff\\xc2\\x9b");
    }
}
