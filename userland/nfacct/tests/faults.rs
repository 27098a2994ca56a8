// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever fails, and wherever: nothing that was read is lost, and no failure passes for success.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::io::ErrorKind;

use common::{Fault, Outcome, Trap, nfacct};
use fake_kernel::FakeKernel;
use nfacct::Exit;
use nfacct_netlink::{Client, Name, NewObject, QuotaKind};

const EINTR: i32 = 4;
const EAGAIN: i32 = 11;
const ENOBUFS: i32 = 105;

/// Enough objects for several datagrams.
fn kernel() -> FakeKernel {
    kernel_with(100)
}

fn kernel_with(objects: u64) -> FakeKernel {
    let kernel = FakeKernel::new();
    let object = |number| {
        let name = Name::new(format!("object-{number:03}")).unwrap();
        NewObject::new(name).counters(number, 84).quota(QuotaKind::Packets, 500)
    };
    let objects: Vec<NewObject> = (0..objects).map(object).collect();
    let refused = |_, error| panic!("{error}");
    Client::new(kernel.socket()).create_all(&objects, refused).unwrap();
    kernel
}

const COMMANDS: [&[&str]; 14] = [
    &["list"],
    &["list", "reset"],
    &["list", "--table"],
    &["list", "--reset", "object-01*"],
    &["get", "object-007", "reset"],
    &["add", "new"],
    &["add", "object-001", "new", "--exist"],
    &["delete", "object-001"],
    &["delete", "--match", "object-0*"],
    &["flush"],
    &["save"],
    &["export", "--prometheus"],
    &["restore"],
    &["restore", "--exist", "replace"],
];

/// Runs a command with a trap at every call, one after the other; `judge` gets the outcome and that without a trap.
fn with_every_call(fault: Fault, judge: impl Fn(&[&str], &Outcome, &FakeKernel, &Outcome, &FakeKernel)) {
    let input = nfacct(&["save"]).on(&kernel()).stdout;
    for args in COMMANDS {
        // The old restore stops at what exists.
        let kernel = || {
            if args == ["restore"] {
                FakeKernel::new()
            } else {
                kernel()
            }
        };
        let smooth = kernel();
        let expected = nfacct(args).stdin(input.clone()).on(&smooth);
        assert_eq!(expected.exit, Exit::Success, "{args:?}");
        for calls_before in 0.. {
            let (trap, kernel) = (Trap::new(fault, calls_before), kernel());
            let outcome = nfacct(args).stdin(input.clone()).trap(&trap).on(&kernel);
            if !trap.sprung() {
                assert!(calls_before > 1, "{args:?}");
                break;
            }
            judge(args, &outcome, &kernel, &expected, &smooth);
        }
    }
}

#[test]
fn an_interrupted_call_changes_nothing() {
    with_every_call(Fault::Errno(EINTR), |args, outcome, kernel, expected, smooth| {
        assert_eq!(outcome, expected, "{args:?}");
        assert_eq!(kernel.objects(), smooth.objects(), "{args:?}");
    });
}

/// The failure is told, and nothing is shown that is not so. Counts that were reset are shown, whatever failed.
fn is_honest(args: &[&str], outcome: &Outcome, kernel: &FakeKernel, expected: &Outcome, smooth: &FakeKernel) {
    if (outcome, kernel.objects()) == (expected, smooth.objects()) {
        return;
    }
    assert_ne!(outcome.exit, Exit::Success, "{args:?}");
    assert!(!outcome.stderr.is_empty(), "{args:?}");
    assert!(
        expected.stdout.starts_with(&outcome.stdout),
        "{args:?}: {}",
        outcome.stdout()
    );
    assert!(outcome.stdout.is_empty() || outcome.stdout.ends_with(b"\n"), "{args:?}");
    if args.iter().any(|arg| arg.ends_with("reset")) {
        let chosen = |name: &str| expected.stdout().contains(&format!(" = {name};\n"));
        let shown = |name: &str| outcome.stdout().contains(&format!(" = {name};\n"));
        for (number, object) in (0..).zip(kernel.objects()) {
            let name = std::str::from_utf8(&object.name).unwrap();
            let left = if chosen(name) && shown(name) { 0 } else { number };
            assert_eq!(object.packets, left, "{args:?}: {name}");
        }
    }
}

#[test]
fn lost_messages_are_told() {
    with_every_call(Fault::Errno(ENOBUFS), is_honest);
}

#[test]
fn datagrams_that_do_not_fit_are_told() {
    with_every_call(Fault::Truncated, is_honest);
}

#[test]
fn a_socket_that_gives_up_waiting_is_told() {
    // With SO_RCVTIMEO. What was on its way to a reset is lost then, so only the rest can be asked for.
    with_every_call(Fault::Errno(EAGAIN), |args, outcome, _, expected, _| {
        assert!(outcome == expected || (outcome.exit != Exit::Success && !outcome.stderr.is_empty()));
        assert!(expected.stdout.starts_with(&outcome.stdout), "{args:?}");
    });
}

#[test]
fn a_list_shows_what_came_before_a_failure() {
    let (whole, mut shown) = (nfacct(&["list"]).on(&kernel()), Vec::new());
    for calls_before in 2..4 {
        let trap = Trap::new(Fault::Errno(ENOBUFS), calls_before);
        let outcome = nfacct(&["list"]).trap(&trap).on(&kernel());
        assert!(trap.sprung());
        shown.push(outcome.stdout().lines().count());
    }
    assert!(0 < shown[0] && shown[0] < shown[1] && shown[1] < whole.stdout().lines().count());
}

#[test]
fn a_reset_shows_what_comes_after_a_failure_too() {
    let whole = nfacct(&["list", "reset"]).on(&kernel());
    for calls_before in 1..4 {
        let trap = Trap::new(Fault::Errno(ENOBUFS), calls_before);
        let outcome = nfacct(&["list", "reset"]).trap(&trap).on(&kernel());
        assert!(trap.sprung());
        assert_eq!((outcome.exit, &outcome.stdout), (Exit::Failure, &whole.stdout));
        assert_eq!(outcome.stderr(), "nfacct v1.0.2: error: No buffer space available\n");
    }
}

#[test]
fn a_table_that_never_rests_is_given_up() {
    for args in [
        &["list", "--table"][..],
        &["list", "--sort=name"],
        &["save"],
        &["export", "--openmetrics"],
        &["watch", "--once"],
        &["reset", "object-0*"],
        &["delete", "--match", "object-0*"],
        &["restore", "--exist=ignore"],
    ] {
        let kernel = kernel();
        kernel.interrupt_dumps(4);
        assert_eq!(nfacct(args).on(&kernel).exit, Exit::Success, "{args:?}");
        let kernel = self::kernel();
        let before = kernel.objects();
        kernel.interrupt_dumps(5);
        let outcome = nfacct(args).on(&kernel);
        assert_eq!((outcome.exit, outcome.stdout()), (Exit::Incomplete, ""), "{args:?}");
        assert_eq!(kernel.objects(), before, "{args:?}");
    }
    // A reset must not be repeated: its first part is here, the rest is what was counted since.
    let kernel = kernel();
    kernel.interrupt_dumps(1);
    let outcome = nfacct(&["list", "--reset"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Incomplete);
    assert_eq!(outcome.stdout, nfacct(&["list"]).on(&self::kernel()).stdout);
}

#[test]
fn a_disk_that_is_full_at_any_byte_loses_nothing() {
    for args in [
        &["list", "reset"][..],
        &["list", "--reset", "--json"],
        &["reset", "--all", "--table"],
    ] {
        let whole = nfacct(args).on(&kernel_with(6)).stdout;
        for room in 0..whole.len() {
            let outcome = nfacct(args).room(room, ErrorKind::StorageFull).on(&kernel_with(6));
            assert_eq!(outcome.stdout, whole[..room], "{args:?}");
            assert!(outcome.stderr.ends_with(&whole[room..]), "{args:?}: {room}");
            assert!([Exit::Failure, Exit::Lost].contains(&outcome.exit));
        }
    }
}

#[test]
fn a_pipe_that_closes_at_any_byte_is_a_success_unless_counts_were_reset() {
    let whole = nfacct(&["list"]).on(&kernel_with(6)).stdout;
    for room in (0..whole.len()).step_by(7) {
        let outcome = nfacct(&["list"]).room(room, ErrorKind::BrokenPipe).on(&kernel_with(6));
        assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
        let reset = nfacct(&["list", "reset"])
            .room(room, ErrorKind::BrokenPipe)
            .on(&kernel_with(6));
        assert!(reset.stderr.ends_with(&whole[room..]), "{room}");
    }
}
