// SPDX-License-Identifier: MIT OR Apache-2.0
//! `export`: the counters as metrics, once.

use std::path::PathBuf;

use clap::Args;
use nfacct_netlink::List;

use super::selection;
use crate::{
    Context,
    error::Error,
    output::{
        harmless,
        openmetrics::{Flavour, render},
    },
    output_file,
    pattern::Pattern,
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

    /// Write to this file. A regular file is replaced in one step when all is written
    #[arg(short, long)]
    file: Option<PathBuf>,
}

impl ExportArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let objects = selection::objects(&mut context.client()?, &List::new(), &self.patterns)?;
        let flavour = if self.openmetrics {
            Flavour::OpenMetrics
        } else {
            Flavour::Prometheus
        };
        let text = render(&objects, flavour);
        match &self.file {
            None if context.output_is_terminal => context.output.write_all(&harmless(text.as_bytes())),
            None => context.output.write_all(text.as_bytes()),
            // Everybody may read it: the collector runs as another user.
            Some(path) => output_file::write(path, text.as_bytes(), 0o644),
        }
        .map_err(Error::Output)
    }
}
