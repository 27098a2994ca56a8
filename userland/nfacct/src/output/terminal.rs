// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must not reach a terminal as it is. Anyone who owns a network namespace chooses the names in it.

use std::borrow::Cow;

/// Control characters, and those that change the order or the look of other ones without being seen.
pub(crate) fn is_treacherous(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Appends a name: text stays text, all else becomes `\xNN`, byte by byte.
pub(crate) fn push_escaped(text: &mut Vec<u8>, name: &[u8]) {
    push(text, name, is_treacherous);
}

/// A whole output, whose lines stay lines.
pub(crate) fn harmless(text: &[u8]) -> Cow<'_, [u8]> {
    let escape = |character| character != '\n' && is_treacherous(character);
    if std::str::from_utf8(text).is_ok_and(|text| !text.contains(escape)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = Vec::with_capacity(text.len());
    push(&mut escaped, text, escape);
    Cow::Owned(escaped)
}

fn push(text: &mut Vec<u8>, from: &[u8], escape: impl Fn(char) -> bool) {
    for chunk in from.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            if escape(character) {
                push_hex(text, bytes);
            } else {
                text.extend(bytes);
            }
        }
        push_hex(text, chunk.invalid());
    }
}

fn push_hex(text: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        text.extend(format!("\\x{byte:02x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arbitrary::config;

    fn escaped(name: &[u8]) -> String {
        let mut text = Vec::new();
        push_escaped(&mut text, name);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn names_cannot_control_a_terminal() {
        assert_eq!(
            escaped(b"a\x1b[2Jb\x07 \xc3\xa9\xff\xc2\x9b"),
            "a\\x1b[2Jb\\x07 é\\xff\\xc2\\x9b"
        );
        assert_eq!(
            escaped("a\u{202e}b\u{200b}".as_bytes()),
            "a\\xe2\\x80\\xaeb\\xe2\\x80\\x8b"
        );
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(
            &*harmless("é = 1;\nb\t\u{9b};\n".as_bytes()),
            "é = 1;\nb\\x09\\xc2\\x9b;\n".as_bytes()
        );
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn nothing_is_left_to_escape(text: Vec<u8>) {
            let once = harmless(&text).into_owned();
            prop_assert_eq!(&*harmless(&once), &once[..]);
            let lines = |text: &[u8]| text.split(|b| *b == b'\n').count();
            prop_assert_eq!(lines(&text), lines(&once));
        }
    }
}
