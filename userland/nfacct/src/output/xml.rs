// SPDX-License-Identifier: MIT OR Apache-2.0
//! The XML of nfacct 1.0.2, with names escaped so that it is XML.

use nfacct_netlink::ObjectRef;

use super::{Formatter, push_padded};

pub(super) struct Xml;

impl Formatter for Xml {
    fn begin(&mut self, text: &mut Vec<u8>) {
        text.extend(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<nfacct>\n");
    }

    fn object(&mut self, text: &mut Vec<u8>, object: &ObjectRef<'_>, _first: bool) {
        text.extend(b"<obj>");
        push_name(text, object.name);
        text.extend(b"<pkts>");
        push_padded(text, object.packets);
        text.extend(b"</pkts><bytes>");
        push_padded(text, object.bytes);
        text.extend(b"</bytes></obj>\n");
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        text.extend(b"</nfacct>\n");
    }
}

/// XML 1.0 has no way to write most control characters, nor bytes that are not UTF-8: such names come in hex.
fn push_name(text: &mut Vec<u8>, name: &[u8]) {
    match std::str::from_utf8(name) {
        Ok(name) if name.chars().all(is_xml) => {
            text.extend(b"<name>");
            for character in name.chars() {
                match character {
                    '&' => text.extend(b"&amp;"),
                    '<' => text.extend(b"&lt;"),
                    '>' => text.extend(b"&gt;"),
                    // A parser would turn it into a newline.
                    '\r' => text.extend(b"&#13;"),
                    // They could control a terminal.
                    '\u{7f}'..='\u{9f}' => text.extend(format!("&#{};", u32::from(character)).as_bytes()),
                    other => text.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
        }
        _ => {
            text.extend(b"<name encoding=\"hex\">");
            for byte in name {
                text.extend(format!("{byte:02x}").as_bytes());
            }
        }
    }
    text.extend(b"</name>");
}

/// Is it a `Char` of XML 1.0?
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: &[u8]) -> String {
        let mut text = Vec::new();
        push_name(&mut text, bytes);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn names() {
        assert_eq!(name("plain \"é\"".as_bytes()), "<name>plain \"é\"</name>");
        assert_eq!(name(b"<x>&\r"), "<name>&lt;x&gt;&amp;&#13;</name>");
        assert_eq!(name("a\u{9b}2J\x7f".as_bytes()), "<name>a&#155;2J&#127;</name>");
        assert_eq!(name(b"\x01"), "<name encoding=\"hex\">01</name>");
        assert_eq!(name(b"a\xff"), "<name encoding=\"hex\">61ff</name>");
    }
}
