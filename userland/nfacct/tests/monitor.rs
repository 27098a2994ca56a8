// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modern `monitor`: NDJSON, lost events, hooks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{fs, io::ErrorKind};

use common::nfacct;
use fake_kernel::FakeKernel;
use nfacct::Exit;
use serde_json::Value;

const ENOBUFS: i32 = 105;

/// Two objects that reach their quota, one after the other.
fn kernel() -> FakeKernel {
    let kernel = FakeKernel::new();
    for name in ["http-a", "ssh"] {
        nfacct(&["add", name, "packet", "1"]).on(&kernel);
        kernel.packet(name, 84);
    }
    kernel
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_document_per_event() {
    let outcome = nfacct(&["monitor", "--json", "--count", "2"]).on(&kernel());
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    let events = lines(outcome.stdout());
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["schema"], &events[0]["event"]),
        (&"nfacct/1".into(), &"overquota".into())
    );
    assert!(events[0]["time"].as_f64().unwrap() > 1.7e9);
    assert_eq!(events[0]["object"]["name"], "http-a");
    assert_eq!(events[1]["object"]["quota"]["exceeded"], true);
}

#[test]
fn patterns() {
    let outcome = nfacct(&["monitor", "--match", "s*", "--count=1"]).on(&kernel());
    assert_eq!(outcome.exit, Exit::Success);
    assert!(outcome.stdout().ends_with("overquota = yes } = ssh;\n"));
    assert_eq!(outcome.stdout().lines().count(), 1);
}

#[test]
fn after_a_loss_the_state_is_shown() {
    let kernel = kernel();
    kernel.fault(ENOBUFS);
    let outcome = nfacct(&["-j", "monitor", "--count", "1"]).on(&kernel);
    assert!(outcome.stderr().contains("some events were lost"));
    let events = lines(outcome.stdout());
    let words: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["lost", "state", "state", "overquota"]);
    assert_eq!(events[2]["object"]["name"], "ssh");
}

#[test]
fn hooks_get_the_event_and_their_failure_is_told() {
    let path = std::env::temp_dir().join(format!("nfacct-hook-test-{}", std::process::id()));
    let script = "echo \"$1 $NFACCT_EVENT $NFACCT_NAME $NFACCT_PACKETS $NFACCT_BYTES $NFACCT_QUOTA_KIND \
                  $NFACCT_QUOTA_LIMIT\" >> \"$0\"; test $NFACCT_NAME = ssh";
    let file = path.to_str().unwrap();
    let args = ["monitor", "--count", "2", "--exec", "sh", "-c", script, file, "-x"];
    let outcome = nfacct(&args).on(&kernel());
    assert_eq!(outcome.exit, Exit::Success);
    assert_eq!(outcome.stdout().lines().count(), 2);
    assert_eq!(outcome.stderr(), "nfacct: sh: exit status: 1\n");
    let seen = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(
        seen,
        "-x overquota http-a 1 84 packets 1\n-x overquota ssh 1 84 packets 1\n"
    );

    let outcome = nfacct(&["monitor", "--count=1", "--exec", "/no/such/program"]).on(&kernel());
    assert!(outcome.stderr().starts_with("nfacct: cannot run /no/such/program: "));
}

#[test]
fn a_hook_that_hangs_is_killed() {
    let args = ["monitor", "--count=2", "--exec-timeout=0.05", "--exec", "sleep", "1000"];
    let outcome = nfacct(&args).on(&kernel());
    assert_eq!((outcome.exit, outcome.stdout().lines().count()), (Exit::Success, 2));
    assert_eq!(outcome.stderr(), "nfacct: sleep: killed after 0.05 seconds\n".repeat(2));
}

#[test]
fn a_failed_look_after_a_loss_does_not_end_it() {
    let kernel = kernel();
    // The first error comes when the monitor receives, the second one when the state is read.
    for errno in [ENOBUFS, ENOBUFS] {
        kernel.fault(errno);
    }
    let outcome = nfacct(&["monitor", "--count", "1"]).on(&kernel);
    assert_eq!((outcome.exit, outcome.stdout().lines().count()), (Exit::Success, 1));
    assert!(outcome.stderr().contains("cannot list them: "), "{}", outcome.stderr());
}

#[test]
fn a_closed_pipe_ends_it() {
    for args in [&["monitor"][..], &["monitor", "--json"]] {
        let outcome = nfacct(args).room(0, ErrorKind::BrokenPipe).on(&kernel());
        assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    }
}
