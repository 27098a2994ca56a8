// SPDX-License-Identifier: MIT OR Apache-2.0
//! Streams that are closed, full or gone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{
    fs::File,
    io::{ErrorKind, Read},
    thread,
    time::Duration,
};

use common::{NFACCT, kernel, left, server, shown, start, through_shell};
use nix::{fcntl::OFlag, unistd::pipe2};

#[test]
fn closed_streams() {
    let add = ["add", "new"];
    for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        // Whatever descriptor the socket gets: nothing but requests is written to it, or the fake kernel panics.
        let kernel = kernel(3);
        assert!(
            through_shell(&kernel, "", closed, &["list"]).status.success(),
            "{closed}"
        );
        assert!(through_shell(&kernel, "", closed, &add).status.success(), "{closed}");
        assert_eq!(
            through_shell(&kernel, "", closed, &add).status.code(),
            Some(1),
            "{closed}"
        );
        assert!(
            through_shell(&kernel, "", closed, &["save"]).status.success(),
            "{closed}"
        );
        assert_eq!(kernel.objects().len(), 4, "{closed}");
        let list = through_shell(&kernel, "", closed, &["list"]);
        assert_eq!(
            shown(&list.stdout),
            if closed.contains(" >&-") || closed.starts_with(">&-") {
                0
            } else {
                3
            }
        );
    }
    // An input that is closed is empty.
    let output = through_shell(&kernel(0), "", "<&-", &["restore"]);
    assert!(output.status.success() && output.stderr.is_empty());
    // What cannot be shown on a closed standard output is not lost to the exit code when standard error is full.
    let output = through_shell(&kernel(3), "", "> /dev/full 2>&1", &["list", "reset"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_full_device() {
    for args in [
        &["list"][..],
        &["list", "xml"],
        &["list", "json"],
        &["list", "--json"],
        &["list", "--table"],
        &["get", "object-0001"],
        &["save"],
        &["save", "--file", "/dev/full"],
        &["export", "--prometheus"],
        &["watch", "--once", "--interval", "0.01"],
        &["doctor"],
        &["version"],
        &["--help"],
        &["completions", "bash"],
        &["__complete"],
    ] {
        let output = through_shell(&kernel(3), "", "> /dev/full", args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("No space left on device"),
            "{args:?}"
        );
    }
    for (args, code) in [(&["list", "reset"][..], 1), (&["reset", "object-*"], 7)] {
        let kernel = kernel(300);
        let output = through_shell(&kernel, "", "> /dev/full", args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(shown(&output.stderr) + left(&kernel), 300, "{args:?}");
    }
}

#[test]
fn a_reader_that_leaves() {
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["save"],
        &["export", "--openmetrics"],
    ] {
        let mut child = start(&server(&kernel(5000)), args);
        let mut some = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut some).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), &output.stderr[..]),
            (Some(0), &b""[..]),
            "{args:?}"
        );
    }
    let kernel = kernel(5000);
    let mut child = start(&server(&kernel), &["list", "reset"]);
    let mut some = vec![0; 10_000];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    // What was in the pipe is gone with its reader. A pipe holds 64 KiB.
    let line = 80;
    assert!(shown(&some) + shown(&output.stderr) + 64 * 1024 / line + 2 > 5000);
}

#[test]
fn a_file_that_may_not_grow() {
    let kernel = kernel(300);
    let output = through_shell(
        &kernel,
        "file=$(mktemp); exec 3>> $file; rm $file; ulimit -f 1;",
        ">&3",
        &["list", "reset"],
    );
    assert_eq!((output.status.code(), left(&kernel)), (Some(1), 0));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("File too large"), "{message}");
    // What the file took: at most one block of 512 or 1024 bytes.
    assert!(shown(&output.stderr) > 280);
}

#[test]
fn a_pipe_that_others_have_made_non_blocking() {
    for args in [&["list", "reset"][..], &["save"], &["export", "--prometheus"]] {
        let whole = start(&server(&kernel(5000)), args).wait_with_output().unwrap().stdout;
        let (reader, writer) = pipe2(OFlag::O_NONBLOCK).unwrap();
        let mut command = server(&kernel(5000)).command(NFACCT, args);
        command.stderr(writer.try_clone().unwrap()).stdout(writer);
        let mut child = command.spawn().unwrap();
        drop(command);
        let (mut reader, mut text) = (File::from(reader), Vec::new());
        loop {
            match reader.read_to_end(&mut text) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(20)),
                other => break other.map(drop).unwrap(),
            }
        }
        assert!(child.wait().unwrap().success(), "{args:?}");
        assert!(text == whole, "{args:?}: {} bytes of {}", text.len(), whole.len());
    }
}
