// SPDX-License-Identifier: MIT OR Apache-2.0
//! The JSON of nfacct 1.0.2, with quotas and names written so that it is JSON.

use nfacct_netlink::ObjectRef;

use super::{Formatter, plain::mode};

pub(super) struct LegacyJson {
    timestamp: u64,
}

impl LegacyJson {
    pub(super) fn new(timestamp: u64) -> Self {
        Self { timestamp }
    }
}

impl Formatter for LegacyJson {
    fn begin(&self, text: &mut Vec<u8>) {
        let header = format!("{{ \"timestamp\" : {}, \n  \"nfacct_counters\" : [\n", self.timestamp);
        text.extend(header.as_bytes());
    }

    fn object(&self, text: &mut Vec<u8>, object: &ObjectRef<'_>, first: bool) {
        if !first {
            text.extend(b",\n");
        }
        let counters = format!("  {{ \"pkts\" : {}, \"bytes\" : {}, ", object.packets, object.bytes);
        text.extend(counters.as_bytes());
        if let Some(quota) = object.quota {
            let quota = format!(
                "\"quota\" : {}, \"mode\" : \"{}\", \"overquota\" : {}, ",
                quota.limit,
                mode(&quota),
                u8::from(quota.exceeded)
            );
            text.extend(quota.as_bytes());
        }
        text.extend(b"\"name\" : ");
        push_string(text, object.name);
        text.extend(b" }");
    }

    fn end(&self, text: &mut Vec<u8>) {
        text.extend(b"\n] }\n");
    }
}

/// A JSON string. A byte that is not UTF-8 becomes the character of the same number.
pub(super) fn push_string(text: &mut Vec<u8>, bytes: &[u8]) {
    text.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' => text.extend(b"\\\""),
                '\\' => text.extend(b"\\\\"),
                '\n' => text.extend(b"\\n"),
                '\t' => text.extend(b"\\t"),
                control if control.is_control() => {
                    text.extend(format!("\\u{:04x}", u32::from(control)).as_bytes());
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
        assert_eq!(String::from_utf8(text).unwrap(), r#""a\"\\\n\t\u0001\u007fé\u00ff""#);
    }
}
