// SPDX-License-Identifier: MIT OR Apache-2.0
//! Streams that are closed, full or gone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::io::Read;

use common::{kernel, left, server, shown, start, through_shell};

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
