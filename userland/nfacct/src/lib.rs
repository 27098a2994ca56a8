// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `nfacct` command as a library: everything but `main`.
//!
//! The words of nfacct 1.0.2 are recognised first, with its grammar, output, messages and exit codes;
//! what it would reject goes to a modern command line. Nothing here touches the process: input, output and sockets
//! come in through [`Context`].

mod cli;
mod commands;
mod context;
mod error;
mod exit;
mod legacy;
mod output;

pub use context::{Context, RealSockets, Sockets};
pub use exit::Exit;

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

use error::Error;

/// Runs one command line; `args` begins with the name of the program.
pub fn run(args: &[OsString], context: &mut Context<'_>) -> Exit {
    let mut bytes = args.iter().map(|arg| arg.as_bytes());
    let program = bytes.next().unwrap_or_default();
    let bytes: Vec<&[u8]> = bytes.collect();
    if bytes.first().is_some_and(|arg| arg.starts_with(b"-")) {
        return cli::run(args, context);
    }
    let result = legacy::parse(program, &bytes)
        .map_err(Error::from)
        .and_then(|command| command.run(context));
    match result {
        Ok(()) => Exit::Success,
        Err(error) => {
            // There is nowhere left to report that stderr cannot be written.
            let _ = context.errors.write_all(&error.legacy_report());
            Exit::Failure
        }
    }
}
