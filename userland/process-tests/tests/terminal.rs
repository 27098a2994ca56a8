// SPDX-License-Identifier: MIT OR Apache-2.0
//! Terminals, and what the environment says about them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{
    fs::File,
    io::Read,
    os::fd::AsFd,
    process::Stdio,
    time::{Duration, Instant},
};

use common::{NFACCT, kernel_with, send, server, through_shell};
use fake_kernel::FakeKernel;
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{Winsize, openpty},
    sys::{signal::Signal, termios::tcgetattr},
};

#[test]
fn the_environment_changes_nothing() {
    let kernel = kernel_with(["I\u{131}\u{130}i", "\u{e9}", "plain"].map(|name| name.as_bytes().to_vec()));
    for args in [
        &["list"][..],
        &["list", "--table"],
        &["list", "--json"],
        &["list", "xml"],
        &["list", "INFO"],
        &["export", "--prometheus"],
        &["--help"],
        &["get", "--json", "nobody"],
        &["LIST"],
    ] {
        let run = |settings: &str| {
            let output = through_shell(&kernel, settings, "", args);
            (output.status, output.stdout, output.stderr)
        };
        let plain = run("unset TERM LANG LC_ALL COLUMNS;");
        for settings in [
            "export LANG=C LC_ALL=C TERM=dumb;",
            "export LANG=C.UTF-8 LC_ALL=C.UTF-8 TERM=xterm;",
            "export LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8;",
            "export LC_ALL=no_SUCH TERM=no-such-terminal;",
        ] {
            assert_eq!(run(settings), plain, "{args:?} with {settings}");
        }
    }
}

/// Runs a command on a terminal, with this setting of `TERM`, and returns what the terminal was sent.
fn on_terminal(kernel: &FakeKernel, before: &str, args: &[&str], redirections: &str) -> Vec<u8> {
    let pty = openpty(None, None).unwrap();
    let script = format!("{before} exec \"$0\" \"$@\" {redirections}");
    let mut command = server(kernel).command("/bin/sh", &[&["-c", &script, NFACCT], args].concat());
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    command.stdin(slave()).stdout(slave()).stderr(slave());
    let mut child = command.spawn().unwrap();
    drop(command);
    drop(pty.slave);
    let mut text = Vec::new();
    // When all have closed the other end, a read fails.
    let _ = File::from(pty.master).read_to_end(&mut text);
    child.wait().unwrap();
    text
}

#[test]
fn no_stream_lets_a_name_control_a_terminal() {
    let names = (1..=255u8).collect::<Vec<u8>>();
    let kernel = kernel_with(names.chunks(31).map(<[u8]>::to_vec));
    for (args, redirections) in [
        (&["list"][..], ""),
        (&["list", "xml"], ""),
        (&["list", "json"], ""),
        (&["list", "--json"], ""),
        (&["list", "--table"], ""),
        (&["save"], ""),
        (&["save", "--file", "/dev/stdout"], ""),
        (&["export", "--prometheus"], ""),
        (&["export", "--openmetrics", "--file", "/dev/stdout"], ""),
        (&["export", "--openmetrics", "--file", "/proc/self/fd/2"], "> /dev/null"),
        (&["get", "red\x1b[31m"], ""),
        (&["delete", "--exist", "red\x1b[31m", "x\x1b[31m"], ""),
        (&["delete", "red\x1b[31m", "--netns", "x\x1b[31m"], ""),
        (&["reset", "red\x1b[31m", "\x1b]0;title\x07"], ""),
        (&["bogus\x1b[31m"], ""),
        (&["--bogus\x1b[31m"], ""),
        (&["list", "--columns", "\x1b[31m"], ""),
        (&["watch", "--once", "--interval", "0.01"], ""),
        (&["__complete"], ""),
        (&["list", "reset"], "> /dev/full"),
    ] {
        for before in ["unset TERM;", "export TERM=xterm;"] {
            let text = on_terminal(&kernel, before, args, redirections);
            let line_breaks = String::from_utf8(text).unwrap().replace("\r\n", "");
            let control = line_breaks.contains(char::is_control);
            assert!(!control, "{args:?} {before}: {line_breaks:?}");
        }
    }
}

#[test]
fn the_screen_is_left_as_it_was() {
    for (before, signal) in [
        ("unset TERM;", Signal::SIGTERM),
        ("export TERM=xterm;", Signal::SIGINT),
        ("export TERM=dumb LANG=C;", Signal::SIGHUP),
    ] {
        let kernel = kernel_with([b"\x1b]0;t\x07".to_vec()]);
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).unwrap();
        let script = format!("{before} exec \"$0\" \"$@\"");
        let args = ["-c", &script, NFACCT, "watch", "--interval", "0.05"];
        let mut command = server(&kernel).command("/bin/sh", &args);
        let slave = || Stdio::from(pty.slave.try_clone().unwrap());
        command.stdin(slave()).stdout(slave()).stderr(slave());
        let modes = tcgetattr(&pty.slave).unwrap();
        let mut child = command.spawn().unwrap();
        drop(command);
        let (mut master, mut text) = (File::from(pty.master), Vec::new());
        let mut buffer = [0; 4096];
        let end = Instant::now() + Duration::from_secs(30);
        while !String::from_utf8_lossy(&text).contains("\\x1b]0;t") {
            let mut events = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
            let more = poll(&mut events, PollTimeout::from(30_000u16)).unwrap() > 0;
            assert!(more && Instant::now() < end, "{}", text.escape_ascii());
            let len = master.read(&mut buffer).unwrap();
            text.extend(&buffer[..len]);
        }
        send(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        let restored = tcgetattr(&pty.slave).unwrap();
        assert_eq!(restored.local_flags, modes.local_flags, "{signal}");
        drop(pty.slave);
        let _ = master.read_to_end(&mut text);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("\x1b[?1049h") && text.contains("\x1b[?1049l"), "{text:?}");
        assert!(!text.contains("\x1b]") && !text.contains(char::from(7)), "{text:?}");
    }
}
