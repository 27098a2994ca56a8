// SPDX-License-Identifier: GPL-2.0-only
//! Choosing tests by name.

use super::{Case, Depth, Suite};

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
/// Suites that need a special kernel are part of the plan on that kernel only.
pub fn select(suites: &[Suite], patterns: &[String], depth: Depth) -> Result<Vec<Chosen>, String> {
    let hit = |pattern: &str, suite: &str, name: &str| {
        let full = format!("{suite}.{name}");
        [full.as_str(), suite, name]
            .iter()
            .any(|text| glob(pattern.as_bytes(), text.as_bytes()))
    };
    let all = || {
        suites
            .iter()
            .filter(|s| s.only.is_none_or(|only| only == depth))
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
            only: None,
        },
        Suite {
            name: "quota",
            cases: &[case("order"), case("event")],
            only: None,
        },
        Suite {
            name: "faults",
            cases: &[case("all")],
            only: Some(Depth::Debug),
        },
    ];

    fn names(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<_> = patterns.iter().map(|p| (*p).to_string()).collect();
        select(SUITES, &patterns, Depth::Short)
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
        assert!(select(SUITES, &["nope".to_string()], Depth::Short).is_err());
    }

    #[test]
    fn only_on_its_kernel() {
        let faults = ["faults".to_string()];
        assert!(select(SUITES, &faults, Depth::Long).is_err());
        assert_eq!(select(SUITES, &faults, Depth::Debug).unwrap().len(), 1);
        assert_eq!(select(SUITES, &[], Depth::Debug).unwrap().len(), 5);
    }
}
