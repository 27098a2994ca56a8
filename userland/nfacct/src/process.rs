// SPDX-License-Identifier: MIT OR Apache-2.0
//! A whole process: its arguments, streams and signals.

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::{Context, RealClock, RealSignals, Sockets, error, run};

/// A stream that waits where another process has made it non-blocking: that holds for all who share it.
struct Patient<S>(S);

impl<S: Write + AsFd> Write for Patient<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    poll(
                        &mut [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)],
                        PollTimeout::NONE,
                    )?;
                }
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What `main` does, on these sockets.
pub fn process(sockets: &mut dyn Sockets) -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    // Not through io::Stdout, whose buffer hides how much of a failed write got through.
    let mut output = match io::stdout().as_fd().try_clone_to_owned() {
        Ok(descriptor) => Patient(File::from(descriptor)),
        Err(failure) => {
            let _ = io::stderr().write_all(&error::Error::Output(failure).legacy_report());
            return ExitCode::FAILURE;
        }
    };
    run(
        &args,
        &mut Context {
            output_is_terminal: output.0.is_terminal(),
            input: &mut io::stdin().lock(),
            output: &mut output,
            errors: &mut Patient(io::stderr()),
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
