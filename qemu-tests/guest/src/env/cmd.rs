// SPDX-License-Identifier: GPL-2.0-only
//! Running the real tools.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

/// How a command ended.
pub struct Output {
    /// Exit code, or 128 + signal as a shell says it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rc={} out=<{}> err=<{}>", self.code, self.out, self.err)
    }
}

/// Every byte as one character, so that no byte is lost on the way.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// Runs a program with the given standard input.
pub fn feed(argv: &[&[u8]], input: &[u8]) -> Output {
    let words: Vec<&OsStr> = argv.iter().map(|w| OsStr::from_bytes(w)).collect();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        // A lock that an unprivileged caller can take as well.
        .env("XTABLES_LOCKFILE", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}", words[0].to_string_lossy()));
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().expect("piped").write_all(input);
    let done = child.wait_with_output().expect("child output");
    let code = std::os::unix::process::ExitStatusExt::signal(&done.status)
        .map_or_else(|| done.status.code().unwrap_or(-1), |s| 128 + s);
    Output {
        code,
        out: latin1(&done.stdout),
        err: latin1(&done.stderr),
    }
}

/// Runs a command line whose words contain no blanks.
pub fn run(line: &str) -> Output {
    let argv: Vec<_> = line.split_whitespace().map(str::as_bytes).collect();
    feed(&argv, b"")
}

/// The same, and it must succeed.
#[track_caller]
pub fn must(line: &str) -> Output {
    let output = run(line);
    assert_eq!(output.code, 0, "{line}: {output}");
    output
}
