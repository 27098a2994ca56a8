// SPDX-License-Identifier: MIT OR Apache-2.0
//! `reset`: set the counters of chosen objects to zero, one by one, and show what they were.

use clap::Args;
use nfacct_netlink::{Error as KernelError, Filter};

use super::selection;
use crate::{
    Context,
    error::Error,
    output::{Format, Printer, Style},
    pattern::Pattern,
};

/// The kernel resets one object or all, so each object that matches gets a request of its own.
pub(super) fn run(
    context: &mut Context<'_>,
    patterns: &[Pattern],
    filter: Option<Filter>,
    format: &Format,
) -> Result<(), Error> {
    const ENOENT: i32 = 2;
    let mut client = context.client()?;
    let names = selection::names(&mut client, patterns, filter)?;
    let mut printer = Printer::new(context, format, true);
    let mut failure = None;
    for name in names {
        match client.take(&name) {
            Ok(object) => {
                printer.object(&object.as_ref());
                if printer.must_stop() {
                    break;
                }
            }
            // Deleted in the meantime.
            Err(KernelError::Kernel(refusal)) if refusal.errno == ENOENT => {}
            Err(error) => {
                failure = Some(Error::object(name)(error));
                break;
            }
        }
    }
    match failure {
        None => printer.finish(),
        Some(error) => Err(printer.abandon(error)),
    }
}

/// The arguments of `reset`.
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    /// Patterns that names must match, like 'http-*'
    #[arg(required_unless_present = "all", value_name = "PATTERN")]
    patterns: Vec<Pattern>,

    /// Reset all objects
    #[arg(long, conflicts_with = "patterns")]
    all: bool,

    #[command(flatten)]
    style: Style,
}

/// A reset that was understood.
pub(crate) struct Reset {
    patterns: Vec<Pattern>,
    format: Format,
}

impl ResetArgs {
    pub(crate) fn command(self, json: bool) -> Reset {
        Reset {
            patterns: self.patterns,
            format: self.style.format(json),
        }
    }
}

impl Reset {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        if self.patterns.is_empty() {
            let all = super::List {
                reset: true,
                format: self.format.clone(),
                ..super::List::default()
            };
            return all.run(context);
        }
        run(context, &self.patterns, None, &self.format)
    }
}
