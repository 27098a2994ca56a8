// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `nfacct` command: connects the real world to [`nfacct::run`].

use std::{
    fs::File,
    io::{self, IsTerminal},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
};

use nfacct::{Context, RealClock, RealSignals, RealSockets};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    // Not through io::Stdout, whose buffer hides how much of a failed write got through.
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let Ok(mut output) = stdout.map(File::from) else {
        return ExitCode::FAILURE;
    };
    nfacct::run(
        &args,
        &mut Context {
            output_is_terminal: output.is_terminal(),
            input: &mut io::stdin().lock(),
            output: &mut output,
            errors: &mut io::stderr(),
            errors_are_terminal: io::stderr().is_terminal(),
            sockets: &mut RealSockets,
            signals: &mut RealSignals,
            clock: &mut RealClock::default(),
            root: Path::new("/"),
            netns: None,
        },
    )
    .into()
}
