// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one run of a command costs.
//!
//! The kernel adds up the CPU time of all children, and of their memory it keeps the largest value. To see a single run
//! the program starts itself as a process in between, which has one child in its life.

use std::{
    env,
    error::Error,
    fs::File,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

/// The argument by which the program knows that it is the process in between.
pub(crate) const MEASURE: &str = "--measure";

/// CPU time in microseconds and memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) user: u64,
    pub(crate) system: u64,
    /// The most memory it had at a time, in KiB. Below 3 MiB it is that of the process in between.
    pub(crate) peak: u64,
}

impl Usage {
    /// More than any run can use.
    pub(crate) const WORST: Self = Self {
        user: u64::MAX / 4,
        system: u64::MAX / 4,
        peak: u64::MAX,
    };

    pub(crate) fn total(&self) -> u64 {
        self.user + self.system
    }

    /// The run with the least CPU time, and the least memory.
    pub(crate) fn least(self, other: Self) -> Self {
        let faster = if self.total() < other.total() { self } else { other };
        Self {
            peak: self.peak.min(other.peak),
            ..faster
        }
    }
}

/// Runs a command whose output nobody sees.
pub(crate) fn measure(command: &Path, arguments: &[String], input: Option<&Path>) -> Result<Usage, Box<dyn Error>> {
    let stdin = match input {
        Some(path) => File::open(path)?.into(),
        None => Stdio::null(),
    };
    let output = Command::new(env::current_exe()?)
        .arg(MEASURE)
        .arg(command)
        .args(arguments)
        .stdin(stdin)
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<u64> = text.split_whitespace().flat_map(str::parse).collect();
    match numbers[..] {
        [user, system, peak] if output.status.success() => Ok(Usage { user, system, peak }),
        _ => Err(format!("{} {} failed", command.display(), arguments.join(" ")).into()),
    }
}

/// The process in between: runs the command and prints what it used.
pub(crate) fn measured(command: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("{program}: {status}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    println!(
        "{} {} {}",
        usage.user_time().num_microseconds(),
        usage.system_time().num_microseconds(),
        usage.max_rss()
    );
    Ok(ExitCode::SUCCESS)
}
