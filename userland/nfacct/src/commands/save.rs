// SPDX-License-Identifier: MIT OR Apache-2.0
//! `save`: everything that `restore` needs to bring the objects back.

use std::path::PathBuf;

use clap::Args;
use nfacct_netlink::List;

use super::selection;
use crate::{Context, error::Error, output_file, pattern::Pattern, save_file};

/// The arguments of `save`.
#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// Save only objects whose names match, like 'http-*'
    #[arg(value_name = "PATTERN")]
    patterns: Vec<Pattern>,

    /// Write to this file. A regular file is replaced in one step when all is written
    #[arg(short, long)]
    file: Option<PathBuf>,
}

impl SaveArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let objects = selection::objects(&mut context.client()?, &List::new(), &self.patterns)?;
        let mut text = save_file::HEADER.as_bytes().to_vec();
        for object in &objects {
            save_file::push_object(&mut text, &object.as_ref());
        }
        save_file::push_end(&mut text, objects.len());
        match &self.file {
            None => context.output.write_all(&text),
            Some(path) => output_file::write(path, &text, 0o640),
        }
        .map_err(Error::Output)
    }
}
