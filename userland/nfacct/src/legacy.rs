// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line of nfacct 1.0.2: nine words, each of which may be shortened, and keyword arguments.

use nfacct_netlink::{Filter, Name, QuotaKind};

use crate::{
    commands::{Add, Command, Delete, Get, List},
    error::message,
    legacy::number::scan_u64,
    output::Format,
};

pub(crate) mod number;

/// Why the C tool rejects a command line; it exits with 1 in all cases.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", String::from_utf8_lossy(&self.report()))]
pub(crate) enum Refusal {
    /// No command; carries the name of the program.
    NoCommand(Vec<u8>),
    /// A word that is no command; carries the name of the program and the word.
    UnknownCommand(Vec<u8>, Vec<u8>),
    /// An option of `list` that comes twice or excludes another one.
    Duplicate(Vec<u8>),
    /// All else.
    Message(&'static str),
}

impl Refusal {
    /// What the C tool writes to stderr.
    pub(crate) fn report(&self) -> Vec<u8> {
        match self {
            Self::NoCommand(program) => usage(program),
            Self::UnknownCommand(program, word) => {
                let text = [b"Unknown command: ", &word[..]].concat();
                [message(&text), usage(program)].concat()
            }
            Self::Duplicate(option) => [
                b"Error: duplicate \"",
                &option[..],
                b"\" or collision with another option \n",
            ]
            .concat(),
            Self::Message(text) => message(text.as_bytes()),
        }
    }
}

fn usage(program: &[u8]) -> Vec<u8> {
    [b"Usage: ", program, b" command [parameters]...\n"].concat()
}

/// The commands in the order in which the C tool compares them.
pub(crate) const WORDS: [&str; 9] = [
    "list", "add", "delete", "get", "flush", "version", "help", "restore", "monitor",
];

/// The options of `list` in the same sense; `get` knows the first three.
pub(crate) const OPTIONS: [&str; 7] = [
    "reset",
    "xml",
    "json",
    "counters",
    "bytes-quota",
    "pkts-quota",
    "overquota",
];

/// Finds the first of `words` that begins with `arg`.
fn expand(arg: &[u8], words: &[&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| word.as_bytes().starts_with(arg))
}

/// The command that `word` stands for.
pub(crate) fn command(word: &[u8]) -> Option<&'static str> {
    expand(word, &WORDS)
}

/// Understands the arguments of `program`.
pub(crate) fn parse(program: &[u8], args: &[&[u8]]) -> Result<Command, Refusal> {
    let Some((word, args)) = args.split_first() else {
        return Err(Refusal::NoCommand(program.to_vec()));
    };
    match command(word) {
        Some("list") => list(args).map(Command::List),
        Some("add") => add(args).map(Command::Add),
        Some("delete") => delete(args).map(Command::Delete),
        Some("get") => get(args).map(Command::Get),
        Some("flush") if args.is_empty() => Ok(Command::Flush),
        Some("flush") => Err(Refusal::Message("too many arguments")),
        Some("version") => Ok(Command::Version),
        Some("help") => Ok(Command::Help(program.to_vec())),
        Some("restore") => Ok(Command::Restore),
        Some("monitor") => Ok(Command::Monitor),
        _ => Err(Refusal::UnknownCommand(program.to_vec(), word.to_vec())),
    }
}

/// An empty option means "reset" to the C tool, which is never what the caller meant: here it means nothing.
fn meant<'a>(args: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
    args.iter().copied().filter(|arg| !arg.is_empty())
}

fn list(args: &[&[u8]]) -> Result<List, Refusal> {
    let (mut reset, mut format, mut filter) = (false, None, None);
    for arg in meant(args) {
        let known = expand(arg, &OPTIONS).ok_or(Refusal::Message("unknown argument"))?;
        let repeated = match known {
            "reset" => std::mem::replace(&mut reset, true),
            "xml" => format.replace(Format::Xml).is_some(),
            "json" => format.replace(Format::LegacyJson).is_some(),
            "counters" => filter.replace(Filter::PLAIN).is_some(),
            "bytes-quota" => filter.replace(Filter::BYTE_QUOTA).is_some(),
            "pkts-quota" => filter.replace(Filter::PACKET_QUOTA).is_some(),
            _ => filter.replace(Filter::OVER_QUOTA).is_some(),
        };
        if repeated {
            return Err(Refusal::Duplicate(arg.to_vec()));
        }
    }
    Ok(List {
        reset,
        format: format.unwrap_or_default(),
        filter,
        ..List::default()
    })
}

fn get(args: &[&[u8]]) -> Result<Get, Refusal> {
    let (name, args) = args.split_first().ok_or(Refusal::Message("missing object name"))?;
    let (mut reset, mut format) = (false, Format::Plain);
    for arg in meant(args) {
        match expand(arg, &OPTIONS) {
            Some("reset") => reset = true,
            Some("xml") => format = Format::Xml,
            Some("json") => format = Format::LegacyJson,
            _ => return Err(Refusal::Message("unknown argument")),
        }
    }
    Ok(Get {
        name: Name::truncated(name),
        reset,
        format,
    })
}

fn add(args: &[&[u8]]) -> Result<Add, Refusal> {
    let (name, quota) = match args {
        [] => return Err(Refusal::Message("missing object name")),
        [name] => (name, None),
        [_, _] => return Err(Refusal::Message("missing quota value")),
        [name, kind, limit] => (name, Some(quota(kind, limit)?)),
        _ => return Err(Refusal::Message("too many arguments")),
    };
    Ok(Add {
        name: Name::truncated(name),
        quota,
    })
}

fn quota(kind: &[u8], limit: &[u8]) -> Result<(QuotaKind, u64), Refusal> {
    let kind = match kind {
        b"byte" => QuotaKind::Bytes,
        b"packet" => QuotaKind::Packets,
        _ => return Err(Refusal::Message("argument must \"byte\" or \"packet\"")),
    };
    let (limit, _) = scan_u64(limit).ok_or(Refusal::Message("error reading quota"))?;
    let limit = limit.unwrap_or(u64::MAX);
    Ok((kind, limit))
}

fn delete(args: &[&[u8]]) -> Result<Delete, Refusal> {
    match args {
        [] => Err(Refusal::Message("missing object name")),
        [name] => Ok(Delete {
            name: Name::truncated(name),
        }),
        _ => Err(Refusal::Message("too many arguments")),
    }
}
