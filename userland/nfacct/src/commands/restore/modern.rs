// SPDX-License-Identifier: MIT OR Apache-2.0
//! `restore` with options: everything is checked before the first change.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use nfacct_netlink::BATCH;

use super::{plan, replace};
use crate::{Context, Second, error::Error, signals::came};

/// What to do with an object that exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Exist {
    /// Restore nothing
    Fail,
    /// Keep it as it is
    Ignore,
    /// Put the saved one in its place; not possible while a rule uses it
    Replace,
    /// Like replace, with its counters added to the saved ones
    Add,
}

/// The modern options of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// What to do with objects that exist already
    #[arg(long, value_name = "POLICY", default_value = "fail")]
    exist: Exist,

    /// Read this file instead of standard input
    #[arg(short, long)]
    file: Option<PathBuf>,

    /// Only check whether it would work
    #[arg(long)]
    check: bool,
}

/// So many objects are restored between two updates of the progress line.
const STEP: usize = 1000;

impl RestoreArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let text = self.read(context).map_err(Error::Input)?;
        restore(context, &text, self.exist, self.check)
    }

    fn read(&self, context: &mut Context<'_>) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match &self.file {
            None => context.input.read_to_end(&mut text)?,
            Some(path) => File::open(path)?.read_to_end(&mut text)?,
        };
        Ok(text)
    }
}

/// Restores what `save` wrote, given as a whole.
pub(super) fn restore_saved(context: &mut Context<'_>, text: &[u8]) -> Result<(), Error> {
    restore(context, text, Exist::Fail, false)
}

fn restore(context: &mut Context<'_>, text: &[u8], exist: Exist, check: bool) -> Result<(), Error> {
    let objects = plan::parse(text)?;
    let mut client = context.client()?;
    let changes = plan::make(&mut client, objects, exist)?;
    if check {
        return Ok(());
    }
    let replaces = changes.iter().any(|change| change.old.is_some());
    // Without a handler a signal loses objects, which is no reason to refuse the work.
    let interrupted = replaces.then(|| context.signals.defer(Second::Waits).ok()).flatten();
    let mut refused = Vec::new();
    let progress = context.errors_are_terminal && changes.len() > STEP;
    for (number, step) in changes.chunks(BATCH).enumerate() {
        let done = number * BATCH;
        if progress && done % STEP == 0 {
            let _ = write!(context.errors, "\r{done} of {} objects restored", changes.len());
        }
        replace::apply(&mut client, step, &mut refused)?;
        // What fails here may fail again: nothing more is deleted.
        if replaces && !refused.is_empty() {
            break;
        }
    }
    if progress {
        let _ = write!(context.errors, "\r\x1b[K");
    }
    if refused.is_empty() {
        came(interrupted.as_ref()).map_or(Ok(()), |signal| Err(Error::Restored(signal)))
    } else {
        Err(Error::Lines(refused))
    }
}
