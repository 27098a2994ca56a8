// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signals that come while a command waits or writes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{NFACCT, kernel, send, server, shown, start};
use nix::sys::signal::Signal;

/// Numbers of system calls on x86-64.
const WRITE: u64 = 1;
const RECVMSG: u64 = 47;
const CLOCK_NANOSLEEP: u64 = 230;

/// Waits until the process sleeps in a system call of this number.
fn wait_for_call(child: &Child, call: u64) {
    let end = Instant::now() + Duration::from_secs(30);
    let path = format!("/proc/{}/syscall", child.id());
    while !fs::read_to_string(&path).unwrap().starts_with(&format!("{call} ")) {
        assert!(Instant::now() < end, "it does not get there");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_signal_while_the_output_is_blocked() {
    // The first one waits for the reader.
    let kernel = kernel(5000);
    let child = start(&server(&kernel), &["list", "reset"]);
    wait_for_call(&child, WRITE);
    send(&child, Signal::SIGTERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), shown(&output.stdout)), (Some(143), 5000));

    // The same one again does not.
    let child = start(&server(&self::kernel(5000)), &["list", "reset"]);
    for _ in 0..2 {
        wait_for_call(&child, WRITE);
        send(&child, Signal::SIGINT);
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait_with_output().unwrap().status.signal(), Some(2));
}

#[test]
fn ignored_signals_stay_ignored() {
    for (args, call) in [
        (&["list", "reset"][..], WRITE),
        (&["reset", "object-*"], WRITE),
        // Its only sleep has to be caught, on a busy machine as well.
        (&["watch", "--once", "--interval", "5"], CLOCK_NANOSLEEP),
    ] {
        let kernel = kernel(3000);
        let script = "trap '' HUP INT TERM; exec \"$0\" \"$@\"";
        let mut command = server(&kernel).command("/bin/sh", &[&["-c", script, NFACCT], args].concat());
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        wait_for_call(&child, call);
        for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
            send(&child, signal);
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {:?}", output.status);
    }
}

#[test]
fn a_monitor_ends_quietly() {
    for (args, signal, code) in [
        (&["monitor", "--json"][..], Signal::SIGTERM, Some(0)),
        (&["monitor", "--json"], Signal::SIGINT, Some(0)),
        (&["monitor", "--json"], Signal::SIGHUP, None),
        (&["monitor"], Signal::SIGINT, None),
    ] {
        let child = start(&server(&kernel(1)), args);
        wait_for_call(&child, RECVMSG);
        send(&child, signal);
        assert_eq!(
            child.wait_with_output().unwrap().status.code(),
            code,
            "{args:?} {signal}"
        );
    }
}
