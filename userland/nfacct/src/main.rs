// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `nfacct` command: connects the real world to [`nfacct::run`].

use std::{
    fs::{self, File},
    io::{self, IsTerminal},
    os::{
        fd::{AsFd, AsRawFd},
        unix::fs::MetadataExt,
    },
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
            output_is_closed: is_stand_in(&output),
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

/// If standard output is closed at the start, the runtime opens `/dev/null` in its place, to read and to write. That of a
/// shell's `>/dev/null` can only be written.
fn is_stand_in(output: &File) -> bool {
    /// Major and minor number of `/dev/null`.
    const NULL: u64 = 0x103;
    const ACCESS_MODE: u32 = 3;
    const READ_AND_WRITE: u32 = 2;
    if !output.metadata().is_ok_and(|found| found.rdev() == NULL) {
        return false;
    }
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", output.as_raw_fd())).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    flags
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & ACCESS_MODE == READ_AND_WRITE)
}
