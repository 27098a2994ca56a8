// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real program: exit codes, standard streams, argument vectors that a shell cannot make.

#![allow(clippy::unwrap_used)] // A test may fail.

use std::{
    fs::File,
    os::unix::process::CommandExt,
    process::{Command, Output},
};

fn nfacct(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nfacct"));
    command.arg0("nfacct").args(args);
    command
}

fn text(output: &Output) -> (i32, String, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

#[test]
fn exit_codes_and_streams() {
    let (code, stdout, stderr) = text(&nfacct(&["version"]).output().unwrap());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("nfacct v1.0.2: "));

    let (code, stdout, stderr) = text(&nfacct(&["bogus"]).output().unwrap());
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with("nfacct v1.0.2: Unknown command: bogus\n"));

    assert_eq!(nfacct(&["--bogus"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn no_arguments_at_all() {
    let (code, stdout, stderr) = text(&nfacct(&[]).output().unwrap());
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert_eq!(stderr, "Usage: nfacct command [parameters]...\n");
}

#[test]
fn a_full_device_is_noticed() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (code, _, stderr) = text(&nfacct(&["version"]).stdout(full).output().unwrap());
    assert_eq!(code, 1);
    assert!(stderr.contains("No space left on device"), "{stderr}");
}

#[test]
fn a_namespace_that_is_none() {
    for file in ["/dev/null", "/", "/no/such/file"] {
        let (code, stdout, stderr) = text(&nfacct(&["-n", file, "list"]).output().unwrap());
        assert_eq!((code == 0, stdout.as_str()), (false, ""), "{file}");
        assert!(stderr.contains("network namespace"), "{file}: {stderr}");
    }
    assert_eq!(
        nfacct(&["-n", "no-such-name", "list"]).status().unwrap().code(),
        Some(2)
    );
}
