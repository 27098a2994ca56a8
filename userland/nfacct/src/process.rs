// SPDX-License-Identifier: MIT OR Apache-2.0
//! A whole process: its arguments, streams and signals.

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
};

use crate::{Context, RealClock, RealSignals, Sockets, error, run};

/// What `main` does, on these sockets.
pub fn process(sockets: &mut dyn Sockets) -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    // Not through io::Stdout, whose buffer hides how much of a failed write got through.
    let mut output = match io::stdout().as_fd().try_clone_to_owned() {
        Ok(descriptor) => File::from(descriptor),
        Err(failure) => {
            let _ = io::stderr().write_all(&error::Error::Output(failure).legacy_report());
            return ExitCode::FAILURE;
        }
    };
    run(
        &args,
        &mut Context {
            output_is_terminal: output.is_terminal(),
            input: &mut io::stdin().lock(),
            output: &mut output,
            errors: &mut io::stderr(),
            errors_are_terminal: io::stderr().is_terminal(),
            sockets,
            signals: &mut RealSignals,
            clock: &mut RealClock::default(),
            root: Path::new("/"),
            netns: None,
        },
    )
    .into()
}
