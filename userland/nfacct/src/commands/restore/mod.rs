// SPDX-License-Identifier: MIT OR Apache-2.0
//! `restore` as in nfacct 1.0.2: add the objects that standard input lists, line by line, up to the first failure.
//! What `save` wrote is recognised by its first line, which the C tool rejects, and restored as a whole.

mod lines;
mod list_line;
mod modern;
mod plan;
mod replace;
mod sequence;

pub(crate) use modern::RestoreArgs;

use std::io::{BufReader, Read};

use crate::{Context, context::client, error::Error, save_file};
use lines::read_line;
use list_line::parse_line;
use sequence::Sequence;

/// So much input is read ahead, if it is there.
const READ_AHEAD: usize = 64 * 1024;

pub(crate) fn run(context: &mut Context<'_>) -> Result<(), Error> {
    match run_lines(context)? {
        None => Ok(()),
        Some(saved) => modern::restore_saved(context, &saved),
    }
}

/// Restores line by line; if the first line is that of `save`, returns the whole input instead.
fn run_lines(context: &mut Context<'_>) -> Result<Option<Vec<u8>>, Error> {
    let (sockets, netns) = (&mut *context.sockets, context.netns.as_deref());
    let mut sequence = Sequence::new(|| client(sockets, netns));
    let mut input = BufReader::with_capacity(READ_AHEAD, &mut *context.input);
    while let Some(line) = read_line(&mut input)? {
        if sequence.is_new() && line == save_file::HEADER.as_bytes() {
            let mut text = line;
            input.read_to_end(&mut text).map_err(Error::Input)?;
            return Ok(Some(text));
        }
        match parse_line(&line) {
            Ok(object) => sequence.push(object)?,
            // What comes before it is restored, and its failure would be the one to report.
            Err(error) => return sequence.flush().and(Err(error)),
        }
        // Nothing waits for a line that has not come yet.
        if !input.buffer().contains(&b'\n') {
            sequence.flush()?;
        }
    }
    sequence.flush()?;
    Ok(None)
}
