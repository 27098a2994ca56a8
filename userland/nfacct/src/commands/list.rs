// SPDX-License-Identifier: MIT OR Apache-2.0
//! `list`: show all objects or a selection, and reset them.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use nfacct_netlink::{Filter, Object};

use super::{reset, selection};
use crate::{
    Context,
    error::Error,
    output::{Format, Printer, Style},
    pattern::{Pattern, any_matches},
};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) reset: bool,
    pub(crate) format: Format,
    pub(crate) filter: Option<Filter>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) sort: Option<(SortKey, bool)>,
}

impl List {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        if self.reset && !self.patterns.is_empty() {
            return reset::run(context, &self.patterns, self.filter, &self.format);
        }
        let mut request = selection::request(self.filter);
        if self.reset {
            request = request.reset();
        }
        let mut client = context.client()?;
        if !self.reset && (self.sort.is_some() || matches!(self.format, Format::Table { .. })) {
            // Nothing is shown before all is there, so the list may be repeated.
            let mut objects = selection::objects(&mut client, &request, &self.patterns)?;
            if let Some((key, reverse)) = self.sort {
                key.sort(&mut objects, reverse);
            }
            let mut printer = Printer::new(context, &self.format, false);
            for object in &objects {
                printer.object(&object.as_ref());
            }
            return printer.finish();
        }
        let mut printer = Printer::new(context, &self.format, self.reset);
        let mut collected = Vec::new();
        let listed = client.for_each(&request, |object| {
            if !any_matches(&self.patterns, object.name) {
                return;
            }
            if self.sort.is_some() {
                collected.push(object.to_object());
            } else {
                printer.object(&object);
            }
        });
        if let Some((key, reverse)) = self.sort {
            key.sort(&mut collected, reverse);
            for object in &collected {
                printer.object(&object.as_ref());
            }
        }
        match listed {
            Ok(()) => printer.finish(),
            // What came before the error is shown, as the C tool does; after a reset it is the only trace of it.
            Err(error) => Err(printer.abandon(error.into())),
        }
    }
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortKey {
    /// By name, from a to z
    Name,
    /// Most packets first
    Packets,
    /// Most bytes first
    Bytes,
    /// Most of the quota used first
    Used,
    /// Most rules first
    Rules,
}

impl SortKey {
    pub(crate) fn sort(self, objects: &mut [Object], reverse: bool) {
        match self {
            Self::Name => objects.sort_by_key(|object| object.name),
            Self::Packets => objects.sort_by_key(|object| std::cmp::Reverse(object.packets)),
            Self::Bytes => objects.sort_by_key(|object| std::cmp::Reverse(object.bytes)),
            Self::Used => objects.sort_by(|a, b| used(b).total_cmp(&used(a))),
            Self::Rules => objects.sort_by_key(|object| std::cmp::Reverse(object.references)),
        }
        if reverse {
            objects.reverse();
        }
    }
}

/// The used part of the quota; none at all is less than nothing.
fn used(object: &Object) -> f64 {
    object.as_ref().quota_used().unwrap_or(-1.0)
}

/// The modern options of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Patterns that names must match, like 'http-*', or words of nfacct 1.0.2: reset, xml, json, counters,
    /// bytes-quota, pkts-quota, overquota
    #[arg(value_name = "PATTERN")]
    words: Vec<OsString>,

    /// Another pattern; for names that are also words of nfacct 1.0.2
    #[arg(long, value_name = "PATTERN")]
    r#match: Vec<Pattern>,

    /// Also set the counters of what is shown to zero
    #[arg(long)]
    reset: bool,

    /// Only objects of this kind
    #[arg(long, value_name = "KIND")]
    only: Option<Kind>,

    /// Sort the objects; else they come in the order of their creation
    #[arg(long, value_name = "KEY")]
    sort: Option<SortKey>,

    /// Sort the other way round
    #[arg(long, requires = "sort")]
    reverse: bool,

    #[command(flatten)]
    style: Style,
}

/// A kind of objects.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Without a quota
    Counters,
    /// With a quota of bytes
    BytesQuota,
    /// With a quota of packets
    PktsQuota,
    /// Over their quota
    Overquota,
}

impl Kind {
    fn filter(self) -> Filter {
        match self {
            Self::Counters => Filter::PLAIN,
            Self::BytesQuota => Filter::BYTE_QUOTA,
            Self::PktsQuota => Filter::PACKET_QUOTA,
            Self::Overquota => Filter::OVER_QUOTA,
        }
    }
}

impl ListArgs {
    pub(crate) fn command(self, json: bool) -> Result<List, Error> {
        let mut list = List {
            reset: self.reset,
            format: self.style.format(json),
            filter: self.only.map(Kind::filter),
            patterns: self.r#match,
            sort: self.sort.map(|key| (key, self.reverse)),
        };
        for word in self.words {
            let kind = word.to_str().and_then(|word| Kind::from_str(word, false).ok());
            match (word.to_str(), kind) {
                (_, Some(kind)) => {
                    if list.filter.replace(kind.filter()).is_some() {
                        return Err(Error::Usage("only one kind of objects can be listed".into()));
                    }
                }
                (Some("reset"), _) => list.reset = true,
                (Some("xml"), _) if !json => list.format = Format::Xml,
                (Some("json"), _) if !json => list.format = Format::LegacyJson,
                (Some(word @ ("xml" | "json")), _) => {
                    return Err(Error::Usage(format!("{word} and --json exclude each other")));
                }
                _ => list.patterns.push(word.into()),
            }
        }
        Ok(list)
    }
}
