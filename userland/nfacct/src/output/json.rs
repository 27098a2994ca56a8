// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modern JSON; JSON.md describes it. Streams have one document per line.

use nfacct_netlink::{ObjectRef, QuotaKind};

use super::{Formatter, is_treacherous};
use crate::Exit;

/// The version of the format, in every document. New members may come without a new version.
pub(crate) const SCHEMA: &str = "nfacct/1";

/// One document with an array of objects.
pub(super) struct Json;

impl Formatter for Json {
    fn begin(&mut self, text: &mut Vec<u8>) {
        text.extend(format!("{{\"schema\":\"{SCHEMA}\",\"objects\":[\n").as_bytes());
    }

    fn object(&mut self, text: &mut Vec<u8>, object: &ObjectRef<'_>, first: bool) {
        if !first {
            text.extend(b",\n");
        }
        push_object(text, object);
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        text.extend(b"\n]}\n");
    }

    fn nothing(&mut self, text: &mut Vec<u8>) {
        self.begin(text);
        text.extend(b"]}\n");
    }
}

/// An object as a JSON object.
pub(crate) fn push_object(text: &mut Vec<u8>, object: &ObjectRef<'_>) {
    text.push(b'{');
    push_name(text, object.name);
    text.extend(format!(",\"packets\":{},\"bytes\":{}", object.packets, object.bytes).as_bytes());
    if let Some(rules) = object.rules() {
        text.extend(format!(",\"rules\":{rules}").as_bytes());
    }
    if let Some(quota) = object.quota {
        let kind = match quota.kind {
            QuotaKind::Packets => "packets",
            QuotaKind::Bytes => "bytes",
            QuotaKind::Unknown => "unknown",
        };
        let (limit, exceeded) = (quota.limit, quota.exceeded);
        let quota = format!(",\"quota\":{{\"kind\":\"{kind}\",\"limit\":{limit},\"exceeded\":{exceeded}}}");
        text.extend(quota.as_bytes());
    }
    text.push(b'}');
}

/// The name; if it is not UTF-8, replacement characters stand in it and `name_hex` has the bytes.
pub(crate) fn push_name(text: &mut Vec<u8>, name: &[u8]) {
    text.extend(b"\"name\":");
    if std::str::from_utf8(name).is_ok() {
        return push_string(text, name);
    }
    push_string(text, String::from_utf8_lossy(name).as_bytes());
    text.extend(b",\"name_hex\":\"");
    for byte in name {
        text.extend(format!("{byte:02x}").as_bytes());
    }
    text.push(b'"');
}

/// A failure, on a line of its own.
pub(crate) fn push_error(text: &mut Vec<u8>, message: &str, exit: Exit) {
    text.extend(
        format!(
            "{{\"schema\":\"{SCHEMA}\",\"error\":{{\"exit\":{},\"message\":",
            exit as u8
        )
        .as_bytes(),
    );
    push_string(text, message.as_bytes());
    text.extend(b"}}\n");
}

/// A JSON string, which a terminal can show. A byte that is not UTF-8 becomes the character of the same number.
pub(crate) fn push_string(text: &mut Vec<u8>, bytes: &[u8]) {
    text.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' => text.extend(b"\\\""),
                '\\' => text.extend(b"\\\\"),
                '\n' => text.extend(b"\\n"),
                '\t' => text.extend(b"\\t"),
                escaped if is_treacherous(escaped) => {
                    for unit in escaped.encode_utf16(&mut [0; 2]) {
                        text.extend(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                other => text.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        for byte in chunk.invalid() {
            text.extend(format!("\\u{byte:04x}").as_bytes());
        }
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        let mut text = Vec::new();
        push_string(&mut text, b"a\"\\\n\t\x01\x7f\xc3\xa9\xff");
        push_string(&mut text, "\u{202e}\u{e0041}".as_bytes());
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#""a\"\\\n\t\u0001\u007fé\u00ff""\u202e\udb40\udc41""#
        );
    }
}
