// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every single system call of a run fails once, is interrupted once, and is a signal's moment once.

#![allow(clippy::unwrap_used)] // A test may fail.

use std::{fmt::Write, fs};

use fake_kernel::FakeKernel;
use nfacct_netlink::{Client, Name, NewObject};
use nix::{errno::Errno, sys::signal::Signal};
use process_tests::{Act, Ending, Server, Traced, trace};

const NFACCT: &str = env!("CARGO_BIN_EXE_process-tests");

/// Numbers of system calls on x86-64.
mod call {
    pub(super) const READ: u64 = 0;
    pub(super) const WRITE: u64 = 1;
    pub(super) const MMAP: u64 = 9;
    pub(super) const MUNMAP: u64 = 11;
    pub(super) const BRK: u64 = 12;
    pub(super) const SENDTO: u64 = 44;
    pub(super) const RECVMSG: u64 = 47;
    pub(super) const CONNECT: u64 = 42;
    pub(super) const SOCKET: u64 = 41;
    pub(super) const OPENAT: u64 = 257;
    pub(super) const EXIT_GROUP: u64 = 231;
}

/// Enough objects for three datagrams; each has counted as many packets as its number says.
fn kernel() -> FakeKernel {
    let kernel = FakeKernel::new();
    let object = |number| NewObject::new(Name::new(format!("object-{number:03}")).unwrap()).counters(number, 84);
    let objects: Vec<NewObject> = (1..=100).map(object).collect();
    let refused = |_, error| panic!("{error}");
    Client::new(kernel.socket()).create_all(&objects, refused).unwrap();
    kernel
}

/// Runs a command once for every system call that it makes, until there are none left. `act` decides what happens at
/// that call, `then` happens at the next one, `judge` gets the number of the call and what came of it.
fn at_every_call(
    args: &[&str],
    act: impl Fn(u64) -> Act,
    then: Act,
    judge: impl Fn(u64, &Traced, &FakeKernel),
) -> usize {
    let mut calls_before = 0;
    loop {
        let kernel = kernel();
        let server = Server::start({
            let kernel = kernel.clone();
            move || kernel.socket()
        });
        let (mut left, mut hit, mut then) = (calls_before, None, then);
        let traced = trace(&mut server.command(NFACCT, args), |call| {
            if hit.is_some() {
                return std::mem::replace(&mut then, Act::Pass);
            }
            let what = act(call);
            if what == Act::Pass {
                return Act::Pass;
            }
            if left > 0 {
                left -= 1;
                return Act::Pass;
            }
            hit = Some(call);
            what
        });
        let Some(call) = hit else { return calls_before };
        judge(call, &traced, &kernel);
        calls_before += 1;
    }
}

fn undisturbed(args: &[&str]) -> (Traced, FakeKernel) {
    let kernel = kernel();
    let server = Server::start({
        let kernel = kernel.clone();
        move || kernel.socket()
    });
    (trace(&mut server.command(NFACCT, args), |_| Act::Pass), kernel)
}

/// Packets in a list, or in a JSON document, even a part of one.
fn packets(text: &[u8]) -> u64 {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let numbers = |key| {
        text.split(key)
            .skip(1)
            .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect())
    };
    let counts = numbers("{ pkts = ").chain(numbers("\"packets\":"));
    counts.map(|count: String| count.parse::<u64>().unwrap()).sum()
}

/// Every packet is either still in the kernel or was shown, on either stream.
fn nothing_is_lost(traced: &Traced, kernel: &FakeKernel) {
    let left: u64 = kernel.objects().iter().map(|object| object.packets).sum();
    let shown = packets(&traced.stdout) + packets(&traced.stderr);
    assert_eq!(shown + left, (1..=100).sum(), "{traced:?}");
}

const RESETS: [&[&str]; 4] = [
    &["list", "reset"],
    &["list", "--reset", "--json"],
    &["reset", "object-01*"],
    &["get", "object-007", "reset"],
];
const OTHERS: [&[&str]; 7] = [
    &["list"],
    &["list", "--table"],
    &["add", "new", "--exist"],
    &["delete", "--match", "object-00*"],
    &["save"],
    &["export", "--prometheus"],
    &["restore", "--exist", "ignore"],
];

#[test]
fn interrupted_once_at_every_call() {
    let interruptible = [call::READ, call::WRITE, call::SENDTO, call::RECVMSG, call::OPENAT];
    let act = |call| {
        if interruptible.contains(&call) {
            Act::Fail(Errno::EINTR)
        } else {
            Act::Pass
        }
    };
    for args in RESETS.iter().chain(&OTHERS) {
        let (smooth, after) = undisturbed(args);
        let calls = at_every_call(args, act, Act::Pass, |call, traced, kernel| {
            assert_eq!(traced, &smooth, "{args:?}: {call}");
            assert_eq!(kernel.objects(), after.objects(), "{args:?}: {call}");
        });
        assert!(calls >= 2, "{args:?}: {calls}");
    }
}

/// An error that is possible for a call.
fn failure(call: u64) -> Act {
    Act::Fail(match call {
        // These make the connection to the fake kernel, report no errors, or do not return.
        call::SOCKET | call::CONNECT | call::BRK | call::EXIT_GROUP => return Act::Pass,
        call::READ => Errno::EIO,
        call::WRITE => Errno::ENOSPC,
        call::SENDTO | call::RECVMSG => Errno::ENOBUFS,
        call::OPENAT => Errno::EMFILE,
        call::MMAP | call::MUNMAP => Errno::ENOMEM,
        // As from a seccomp filter.
        _ => Errno::EPERM,
    })
}

#[test]
fn failed_once_at_every_call() {
    for args in RESETS.iter().chain(&OTHERS) {
        let (smooth, after) = undisturbed(args);
        let calls = at_every_call(args, failure, Act::Pass, |call, traced, kernel| match traced.ending {
            Ending::Exit(0) => {
                assert_eq!(traced, &smooth, "{args:?}: {call}");
                assert_eq!(kernel.objects(), after.objects(), "{args:?}: {call}");
            }
            Ending::Exit(1..=7) => assert!(!traced.stderr.is_empty(), "{args:?}: {call}"),
            other => panic!("{args:?}: {call}: {other:?} {traced:?}"),
        });
        assert!(calls > 10, "{args:?}: {calls}");
    }
}

#[test]
fn no_failure_loses_counts() {
    for args in RESETS {
        at_every_call(args, failure, Act::Pass, |_, traced, kernel| {
            nothing_is_lost(traced, kernel);
        });
    }
}

#[test]
fn a_signal_at_every_call() {
    for (signal, code) in [(Signal::SIGHUP, 129), (Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        for args in RESETS {
            let (smooth, after) = undisturbed(args);
            let start = kernel().objects();
            at_every_call(
                args,
                |_| Act::Signal(signal),
                Act::Pass,
                |call, traced, kernel| {
                    nothing_is_lost(traced, kernel);
                    match traced.ending {
                        // Before the reset.
                        Ending::Signal(by) => assert_eq!((by, kernel.objects()), (signal, start.clone())),
                        Ending::Exit(found) if found == code => {}
                        // After it.
                        Ending::Exit(0) => assert_eq!((traced, kernel.objects()), (&smooth, after.objects())),
                        Ending::Exit(_) => panic!("{args:?}: {call}: {traced:?}"),
                    }
                },
            );
        }
    }
}

#[test]
fn two_signals_at_every_call() {
    // As at the end of a session.
    for args in RESETS {
        let (first, second) = (Act::Signal(Signal::SIGHUP), Act::Signal(Signal::SIGTERM));
        at_every_call(
            args,
            |_| first,
            second,
            |_, traced, kernel| nothing_is_lost(traced, kernel),
        );
    }
}

#[test]
fn no_object_vanishes_in_a_restore() {
    // The same objects, with 1000 packets more each.
    let mut text = "# nfacct save 1\n".to_owned();
    for number in 1..=100 {
        writeln!(text, "add \"object-{number:03}\" packets={} bytes=0", 1000 + number).unwrap();
    }
    let path = std::env::temp_dir().join(format!("nfacct-vanish-{}", std::process::id()));
    fs::write(&path, text + "end 100\n").unwrap();
    let args = ["restore", "--exist", "replace", "--file", path.to_str().unwrap()];
    let judge = |_, traced: &Traced, kernel: &FakeKernel| {
        let objects = kernel.objects();
        for number in 1..=100u64 {
            let name = format!("object-{number:03}");
            let found = objects.iter().find(|object| object.name == name.as_bytes());
            let told = || String::from_utf8_lossy(&traced.stderr).contains(&format!("cannot create {name} again"));
            assert!(
                found.map_or_else(told, |object| object.packets % 1000 == number),
                "{name}: {traced:?}"
            );
        }
    };
    at_every_call(&args, failure, Act::Pass, judge);
    let signal = Act::Signal(Signal::SIGTERM);
    at_every_call(&args, |_| signal, signal, judge);
    fs::remove_file(path).unwrap();
}
