// SPDX-License-Identifier: MIT OR Apache-2.0
//! `get`: show one object, and reset it.

use std::ffi::OsString;

use clap::Args;
use nfacct_netlink::Name;

use super::name_parser;
use crate::{
    Context,
    error::Error,
    output::{Format, Printer, Style},
};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Get {
    pub(crate) name: Name,
    pub(crate) reset: bool,
    pub(crate) format: Format,
}

impl Get {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut client = context.client()?;
        let mut printer = Printer::new(context, &self.format, self.reset);
        let object = if self.reset {
            client.take(&self.name)?
        } else {
            client.get(&self.name)?
        };
        printer.object(&object.as_ref());
        printer.finish()
    }
}

/// The modern options of `get`.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// Name of the object
    #[arg(value_parser = name_parser())]
    name: Name,

    /// The words of nfacct 1.0.2: reset, xml, json
    #[arg(value_name = "WORD")]
    words: Vec<OsString>,

    /// Also set the counters to zero
    #[arg(long)]
    reset: bool,

    #[command(flatten)]
    style: Style,
}

impl GetArgs {
    pub(crate) fn command(self, json: bool) -> Result<Get, Error> {
        let mut get = Get {
            name: self.name,
            reset: self.reset,
            format: self.style.format(json),
        };
        for word in self.words {
            match word.to_str() {
                Some("reset") => get.reset = true,
                Some("xml") if !json => get.format = Format::Xml,
                Some("json") if !json => get.format = Format::LegacyJson,
                _ => return Err(Error::Usage(format!("unknown argument {}", word.to_string_lossy()))),
            }
        }
        Ok(get)
    }
}
