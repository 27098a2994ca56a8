// SPDX-License-Identifier: GPL-2.0-only
//! Choosing tests by name.

use super::{Case, Suite};

/// True if `text` matches `pattern`, where `*` is any run and `?` any byte.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        (Some((b'?', rest)), Some((_, text))) => glob(rest, text),
        (Some((p, rest)), Some((t, text))) if p == t => glob(rest, text),
        _ => false,
    }
}

/// A chosen test with its suite's name.
pub type Chosen = (&'static str, Case);

/// The tests that match any of the patterns, in table order.
///
/// A pattern is compared with the full name, the suite and the short name. One
/// that matches nothing is an error: a misspelt name must not pass as success.
pub fn select(suites: &[Suite], patterns: &[String]) -> Result<Vec<Chosen>, String> {
    let hit = |pattern: &str, suite: &str, name: &str| {
        let full = format!("{suite}.{name}");
        [full.as_str(), suite, name]
            .iter()
            .any(|text| glob(pattern.as_bytes(), text.as_bytes()))
    };
    let all = || {
        suites
            .iter()
            .flat_map(|s| s.cases.iter().map(move |c| (s.name, *c)))
    };
    for pattern in patterns {
        if !all().any(|(suite, case)| hit(pattern, suite, case.name)) {
            return Err(format!("no test matches {pattern}"));
        }
    }
    Ok(all()
        .filter(|(suite, case)| {
            patterns.is_empty() || patterns.iter().any(|p| hit(p, suite, case.name))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Test;

    fn nothing(_: &mut Test) {}

    const fn case(name: &'static str) -> Case {
        Case {
            name,
            body: nothing,
        }
    }

    const SUITES: &[Suite] = &[
        Suite {
            name: "dump",
            cases: &[case("empty"), case("order")],
        },
        Suite {
            name: "quota",
            cases: &[case("order"), case("event")],
        },
    ];

    fn names(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<_> = patterns.iter().map(|p| (*p).to_string()).collect();
        select(SUITES, &patterns)
            .unwrap()
            .iter()
            .map(|(s, c)| format!("{s}.{}", c.name))
            .collect()
    }

    #[test]
    fn globs() {
        assert!(glob(b"a*c", b"abbbc"));
        assert!(glob(b"*", b""));
        assert!(glob(b"a?c", b"abc"));
        assert!(!glob(b"a?c", b"ac"));
        assert!(!glob(b"abc", b"abcd"));
    }

    #[test]
    fn by_suite_name_and_glob() {
        assert_eq!(names(&[]).len(), 4);
        assert_eq!(names(&["dump"]), ["dump.empty", "dump.order"]);
        assert_eq!(names(&["order"]), ["dump.order", "quota.order"]);
        assert_eq!(names(&["quota.e*", "empty"]), ["dump.empty", "quota.event"]);
    }

    #[test]
    fn unknown_name_is_an_error() {
        assert!(select(SUITES, &["nope".to_string()]).is_err());
    }
}
