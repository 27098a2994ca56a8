// SPDX-License-Identifier: GPL-2.0-only
//! Clocks, and the lines that the host reads.

use std::fmt::Display;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, io, mem, thread};

/// Reports a figure.
pub fn figure(name: &str, value: impl Display) {
    println!("figure {name} {value}");
}

/// Processor time of this process so far, in nanoseconds.
pub fn cpu_time() -> u64 {
    // SAFETY: All-zero is a valid timespec.
    let mut now: libc::timespec = unsafe { mem::zeroed() };
    // SAFETY: `now` is a valid timespec.
    let ret = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut now) };
    assert_eq!(ret, 0, "clock: {}", io::Error::last_os_error());
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Processor time that `body` takes.
pub fn cost<T>(body: impl FnOnce() -> T) -> u64 {
    settle();
    let before = cpu_time();
    body();
    cpu_time() - before
}

/// Processor time of all children that have ended, in nanoseconds.
fn children_time() -> u64 {
    // SAFETY: All-zero is a valid rusage.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    // SAFETY: `usage` is a valid rusage.
    let ret = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    assert_eq!(ret, 0, "rusage: {}", io::Error::last_os_error());
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|t| t.tv_sec.unsigned_abs() * 1_000_000_000 + t.tv_usec.unsigned_abs() * 1000)
        .sum()
}

/// Lets what the kernel put off be done: it is not part of what comes next.
pub fn settle() {
    thread::sleep(Duration::from_millis(300));
}

/// Runs a command that must succeed; returns its processor time.
pub fn command(line: &str, input: Option<&str>) -> u64 {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().expect("a command"));
    command.args(words).stdout(Stdio::null());
    if let Some(file) = input {
        command.stdin(fs::File::open(file).expect("input"));
    }
    settle();
    let before = children_time();
    let status = command.status().unwrap_or_else(|e| panic!("{line}: {e}"));
    assert!(status.success(), "{line}: {status}");
    children_time() - before
}

/// Moves into a new network namespace.
pub fn fresh_namespace() {
    // SAFETY: Plain system call.
    let ret = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    assert_eq!(ret, 0, "unshare: {}", io::Error::last_os_error());
    // The old one may be gone: what it held is freed now, not later.
    settle();
}
