// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `nfacct` command as a library: everything but `main`.
//!
//! The words of nfacct 1.0.2 are recognised first, with its grammar, output, messages and exit codes; what it would
//! reject goes to a modern command line. Nothing but [`process`] touches the process: input, output and sockets come
//! in through [`Context`].

#[cfg(test)]
mod arbitrary;
mod cli;
mod clock;
mod commands;
mod completion;
mod context;
mod error;
mod exit;
mod legacy;
mod output;
mod output_file;
mod pattern;
mod process;
mod quantity;
mod route;
mod save_file;
mod signals;

pub use clock::{Clock, RealClock};
pub use context::{Context, RealSockets, Sockets};
pub use exit::Exit;
pub use process::process;
pub use signals::{RealSignals, Second, Signals};

use std::ffi::OsString;

use error::Error;
use route::Route;

/// Runs one command line; `args` begins with the name of the program.
pub fn run(args: &[OsString], context: &mut Context<'_>) -> Exit {
    match route::route(args) {
        Route::Modern(args) => cli::run(&args, context),
        Route::Legacy { parsed, netns } => {
            context.netns = netns;
            match parsed.map_err(Error::from).and_then(|command| command.run(context)) {
                Ok(()) => Exit::Success,
                Err(error) if error.is_closed_pipe() => Exit::Success,
                // The C tool knows no namespaces.
                Err(error) if error.is_about_namespace() => {
                    context.complain(&error.report(false));
                    error.exit()
                }
                Err(error) => {
                    context.complain(&error.legacy_report());
                    error.legacy_exit()
                }
            }
        }
    }
}
