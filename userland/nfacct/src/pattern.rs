// SPDX-License-Identifier: MIT OR Apache-2.0
//! Patterns for names, as in a shell: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character that is meant as it is.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

/// A pattern; it has to match the whole name, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<u8>);

impl From<OsString> for Pattern {
    fn from(text: OsString) -> Self {
        Self(text.into_vec())
    }
}

impl Pattern {
    /// Does the pattern match?
    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        let (mut pattern, mut name) = (&self.0[..], name);
        // Where to go on when a guess about the last `*` was wrong: it takes one byte more then.
        let mut retry: Option<(&[u8], &[u8])> = None;
        loop {
            if let Some((b'*', rest)) = pattern.split_first() {
                pattern = rest;
                retry = Some((rest, name));
            } else if let Some((after, rest)) = one(pattern, name) {
                (pattern, name) = (after, rest);
            } else if pattern.is_empty() && name.is_empty() {
                return true;
            } else if let Some((after, [_, shorter @ ..])) = retry {
                (pattern, name) = (after, shorter);
                retry = Some((after, shorter));
            } else {
                return false;
            }
        }
    }
}

/// Does any of the patterns match? No pattern at all means every name.
pub(crate) fn any_matches(patterns: &[Pattern], name: &[u8]) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name))
}

/// Matches one byte of the name with one element of the pattern; returns what is left of both.
fn one<'p, 'n>(pattern: &'p [u8], name: &'n [u8]) -> Option<(&'p [u8], &'n [u8])> {
    let (byte, name) = name.split_first()?;
    let (element, mut rest) = pattern.split_first()?;
    let matches = match element {
        b'?' => true,
        b'[' => match set(rest, *byte) {
            Some((found, after)) => {
                rest = after;
                found
            }
            // No closing bracket: an ordinary character.
            None => *byte == b'[',
        },
        b'\\' => match rest.split_first() {
            Some((literal, after)) => {
                rest = after;
                literal == byte
            }
            None => *byte == b'\\',
        },
        literal => literal == byte,
    };
    matches.then_some((rest, name))
}

/// Is the byte in the set that follows `[`? Also returns what follows `]`.
fn set(text: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, text) = match text.strip_prefix(b"!") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A bracket right at the beginning is a member.
    let end = text.iter().skip(1).position(|&b| b == b']')? + 1;
    let (members, rest) = text.split_at_checked(end)?;
    let mut found = false;
    let mut left = members;
    while let Some((low, after)) = left.split_first() {
        left = after;
        let mut high = low;
        if let [b'-', end, after @ ..] = left {
            high = end;
            left = after;
        }
        found |= (low..=high).contains(&&byte);
    }
    Some((found != negated, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::arbitrary::config;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::from(OsString::from(pattern)).matches(name.as_bytes())
    }

    #[test]
    fn what_matches() {
        for (pattern, name) in [
            ("", ""),
            ("http", "http"),
            ("*", ""),
            ("*", "anything"),
            ("http-*", "http-"),
            ("http-*", "http-in"),
            ("*-in", "http-in-in"),
            ("a*b*c", "a-b-bc"),
            ("a?c", "abc"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]", "]"),
            ("[a-]", "-"),
            ("[x", "[x"),
            ("\\*", "*"),
            ("a\\", "a\\"),
            ("**a**", "a"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn what_does_not() {
        for (pattern, name) in [
            ("", "a"),
            ("http", "https"),
            ("https", "http"),
            ("a*b", "abc"),
            ("?", ""),
            ("[a-c]", "d"),
            ("[!a-c]", "b"),
            ("\\*", "x"),
            ("[]", "x"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_are_no_trap() {
        let name = "a".repeat(31);
        assert!(!matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", &name));
    }

    #[test]
    fn no_pattern_is_every_name() {
        assert!(any_matches(&[], b"x"));
        assert!(!any_matches(&[Pattern(b"y".to_vec())], b"x"));
    }

    /// The obvious way, which takes exponential time.
    fn naive(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => naive(rest, name) || (!name.is_empty() && naive(pattern, &name[1..])),
            Some((b'?', rest)) => !name.is_empty() && naive(rest, &name[1..]),
            Some((byte, rest)) => name.first() == Some(byte) && naive(rest, &name[1..]),
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn agrees_with_the_obvious_way(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &name), naive(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn any_pattern_comes_to_an_end(pattern in vec(any::<u8>(), 0..40), name in vec(1u8.., 0..32)) {
            let _ = Pattern(pattern).matches(&name);
        }
    }
}
