// SPDX-License-Identifier: MIT OR Apache-2.0
//! `export`: the counters as metrics, once.

use std::path::PathBuf;

use clap::Args;
use nfacct_netlink::{Client, Error as KernelError, List, Object, Transport};

use super::save::replace;
use crate::{
    Context,
    error::Error,
    output::openmetrics::{Flavour, render},
    pattern::{Pattern, any_matches},
};

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("flavour").required(true))]
pub(crate) struct ExportArgs {
    /// Only objects whose names match, like 'http-*'
    #[arg(value_name = "PATTERN")]
    patterns: Vec<Pattern>,

    /// In the text format of Prometheus, which the textfile collector reads
    #[arg(long, group = "flavour")]
    prometheus: bool,

    /// In the format of OpenMetrics
    #[arg(long, group = "flavour")]
    openmetrics: bool,

    /// Write to this file, which is replaced in one step when all is written
    #[arg(short, long)]
    file: Option<PathBuf>,
}

impl ExportArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let objects = objects(&mut context.client()?, &self.patterns)?;
        let flavour = if self.openmetrics {
            Flavour::OpenMetrics
        } else {
            Flavour::Prometheus
        };
        let text = render(&objects, flavour);
        match &self.file {
            None => context.output.write_all(text.as_bytes()),
            // Everybody may read it: the collector runs as another user.
            Some(path) => replace(path, text.as_bytes(), 0o644),
        }
        .map_err(Error::Output)
    }
}

/// The objects whose names match. A list without a reset can simply be repeated when the table changed meanwhile.
pub(super) fn objects(client: &mut Client<impl Transport>, patterns: &[Pattern]) -> Result<Vec<Object>, KernelError> {
    const TRIES: usize = 5;
    let mut tries = 1;
    let mut objects = loop {
        match client.list(&List::new()) {
            Err(KernelError::DumpInterrupted) if tries < TRIES => tries += 1,
            other => break other?,
        }
    };
    objects.retain(|object| any_matches(patterns, object.name.as_bytes()));
    Ok(objects)
}
