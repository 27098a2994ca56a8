// SPDX-License-Identifier: MIT OR Apache-2.0
//! `save`: everything that `restore` needs to bring the objects back.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use nfacct_netlink::List;

use crate::{
    Context,
    error::Error,
    pattern::{Pattern, any_matches},
    save_file,
};

/// The arguments of `save`.
#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// Save only objects whose names match, like 'http-*'
    #[arg(value_name = "PATTERN")]
    patterns: Vec<Pattern>,

    /// Write to this file, which is replaced in one step when all is written
    #[arg(short, long)]
    file: Option<PathBuf>,
}

impl SaveArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut text = save_file::HEADER.as_bytes().to_vec();
        let mut objects = 0;
        context.client()?.for_each(&List::new(), |object| {
            if any_matches(&self.patterns, object.name) {
                save_file::push_object(&mut text, &object);
                objects += 1;
            }
        })?;
        save_file::push_end(&mut text, objects);
        match &self.file {
            None => context.output.write_all(&text),
            Some(path) => replace(path, &text, 0o640),
        }
        .map_err(Error::Output)
    }
}

/// Replaces a file so that there is either the old or the new one at any time, even after a crash.
pub(super) fn replace(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let mut temporary = path.to_owned().into_os_string();
    temporary.push(format!(".{}", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = write(&temporary, text, mode).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    // The new name must survive a crash too.
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn write(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}
