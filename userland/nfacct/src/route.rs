// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which command line this is: that of nfacct 1.0.2 goes first, so no word is taken away from it.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

use crate::{
    commands::Command,
    legacy::{self, Refusal},
};

/// Commands that nfacct 1.0.2 does not know. They must be spelled out.
pub(crate) const MODERN: [&str; 8] = [
    "reset",
    "save",
    "watch",
    "export",
    "serve",
    "doctor",
    "completions",
    "__complete",
];

/// Where a command line goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// nfacct 1.0.2 takes it, or rejects it in its own words.
    Legacy {
        parsed: Result<Command, Refusal>,
        netns: Option<OsString>,
    },
    /// These arguments go to the modern command line.
    Modern(Vec<OsString>),
}

/// Options that may stand before the command.
#[derive(Default)]
struct Globals {
    /// How many arguments they are.
    len: usize,
    netns: Option<OsString>,
    json: bool,
}

impl Globals {
    fn read(args: &[OsString]) -> Self {
        let mut globals = Self::default();
        while let Some(arg) = args.get(globals.len) {
            match arg.as_bytes() {
                b"-j" | b"--json" => globals.json = true,
                b"-n" | b"--netns" => {
                    let Some(value) = args.get(globals.len + 1) else { break };
                    globals.netns = Some(value.clone());
                    globals.len += 1;
                }
                other => match other.strip_prefix(b"--netns=") {
                    Some(value) => globals.netns = Some(OsStr::from_bytes(value).to_owned()),
                    None => break,
                },
            }
            globals.len += 1;
        }
        globals
    }
}

/// Looks at a whole argument vector.
pub(crate) fn route(whole: &[OsString]) -> Route {
    let (program, args) = whole.split_first().map_or((OsStr::new(""), whole), |(p, a)| (p, a));
    let globals = Globals::read(args);
    let rest = args.get(globals.len..).unwrap_or_default();
    let words: Vec<&[u8]> = rest.iter().map(|arg| arg.as_bytes()).collect();
    let dangling = words.is_empty() && globals.len > 0;
    if dangling || words.first().is_some_and(|word| word.starts_with(b"-")) {
        return Route::Modern(whole.to_vec());
    }

    let parsed = legacy::parse(program.as_bytes(), &words);
    let word = words.first().copied().unwrap_or_default();
    let full = legacy::command(word).unwrap_or_default();
    let mut later = words.iter().skip(1);
    let global = globals.json || (globals.len > 0 && later.clone().any(|arg| is_option(arg)));
    let modern = match &parsed {
        Ok(Command::Version) => globals.json,
        Ok(Command::Help(_)) => false,
        // The C tool takes these with any arguments, which it ignores.
        Ok(Command::Restore | Command::Monitor) => global || later.any(|arg| is_option(arg)),
        Ok(_) => global,
        Err(_) if full.is_empty() => MODERN.iter().any(|modern| modern.as_bytes() == word),
        Err(_) => global || later.any(|arg| looks_modern(full, arg)),
    };
    if !modern {
        return Route::Legacy {
            parsed,
            netns: globals.netns,
        };
    }
    let mut expanded = whole.to_vec();
    if let (Some(arg), false) = (expanded.get_mut(1 + globals.len), full.is_empty()) {
        *arg = full.into();
    }
    Route::Modern(expanded)
}

/// An option; a negative number is none.
fn is_option(arg: &[u8]) -> bool {
    arg.starts_with(b"-") && arg.get(1).is_some_and(|b| !b.is_ascii_digit())
}

/// An option, or a pattern after `list`, which changes nothing. Elsewhere what the C tool rejects must not become a change
/// because a name has such a character.
fn looks_modern(full: &str, arg: &[u8]) -> bool {
    is_option(arg) || (full == "list" && arg.iter().any(|b| b"*?[".contains(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Route {
        let whole: Vec<_> = std::iter::once(&"nfacct").chain(args).map(OsString::from).collect();
        route(&whole)
    }

    fn modern(args: &[&str]) -> Vec<String> {
        match of(args) {
            Route::Modern(whole) => whole
                .iter()
                .skip(1)
                .map(|arg| arg.to_str().unwrap().to_owned())
                .collect(),
            legacy @ Route::Legacy { .. } => panic!("{args:?}: {legacy:?}"),
        }
    }

    #[test]
    fn what_the_c_tool_takes_stays_with_it() {
        for args in [
            &["list", "reset"][..],
            &["l", "x"],
            &[""],
            &["add", "--help"],
            &["add", "http-*"],
            &["delete", "--exist"],
            &["get", "-h"],
            &["get", "a*", "xml"],
            &["restore", "x", "-", "-1"],
            &["monitor", "json"],
            &["help", "--json"],
            &["version", "-h"],
        ] {
            assert!(matches!(of(args), Route::Legacy { parsed: Ok(_), .. }), "{args:?}");
        }
    }

    #[test]
    fn what_the_c_tool_rejects_in_its_own_words() {
        for args in [
            &[][..],
            &["bogus"],
            &["lists"],
            &["rese"],
            &["resets"],
            &["list", "quota"],
            &["add", "x", "byte"],
            &["add", "x", "bytes", "-1"],
            &["flush", "x"],
            &["delete", "a", "b"],
            &["delete", "a", "x*"],
            &["delete", "x*", "a"],
            &["add", "z*", "10"],
            &["flush", "*"],
            &["get", "a", "x*"],
        ] {
            assert!(matches!(of(args), Route::Legacy { parsed: Err(_), .. }), "{args:?}");
        }
    }

    #[test]
    fn modern_arguments() {
        assert_eq!(modern(&["l", "http-*"]), ["list", "http-*"]);
        assert_eq!(modern(&["del", "--match", "x"]), ["delete", "--match", "x"]);
        assert_eq!(modern(&["a", "x", "--exist"]), ["add", "x", "--exist"]);
        assert_eq!(modern(&["r", "--exist"]), ["restore", "--exist"]);
        assert_eq!(modern(&["restore", "-f", "x"]), ["restore", "-f", "x"]);
        assert_eq!(modern(&["mon", "-j"]), ["monitor", "-j"]);
        assert_eq!(modern(&["monitor", "-nblue"]), ["monitor", "-nblue"]);
        assert_eq!(modern(&["-j", "g", "x"]), ["-j", "get", "x"]);
        assert_eq!(modern(&["--help"]), ["--help"]);
        assert_eq!(modern(&["-n", "x"]), ["-n", "x"]);
        assert_eq!(modern(&["-n"]), ["-n"]);
        assert_eq!(modern(&["--netns=x", "--bogus"]), ["--netns=x", "--bogus"]);
        assert_eq!(modern(&["reset", "x"]), ["reset", "x"]);
        assert_eq!(modern(&["-n", "x", "get", "-h"]), ["-n", "x", "get", "-h"]);
    }

    #[test]
    fn old_words_in_another_namespace() {
        for args in [
            &["-n", "blue", "list"][..],
            &["--netns", "blue", "l"],
            &["--netns=blue", ""],
        ] {
            match of(args) {
                Route::Legacy {
                    parsed: Ok(Command::List(_)),
                    netns,
                } => assert_eq!(netns, Some("blue".into())),
                other => panic!("{other:?}"),
            }
        }
    }
}
