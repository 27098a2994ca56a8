// SPDX-License-Identifier: MIT OR Apache-2.0
//! `watch` in its line mode.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::io::ErrorKind;

use common::{Run, nfacct};
use fake_kernel::FakeKernel;
use nfacct::Exit;
use serde_json::Value;

fn kernel() -> FakeKernel {
    let kernel = FakeKernel::new();
    for args in [
        &["add", "http-in"][..],
        &["add", "http-out", "--quota", "bytes=100k"],
        &["add", "ssh", "--packets", "7"],
    ] {
        nfacct(args).on(&kernel);
    }
    kernel
}

/// Each second 1000 bytes come in and 2 x 500 go out.
fn busy(args: &[&str]) -> Run {
    nfacct(args).traffic(&[("http-in", 1000), ("http-out", 500), ("http-out", 500)])
}

#[test]
fn one_look() {
    let outcome = busy(&["watch", "--once", "--interval", "2", "--sort", "name"]).on(&kernel());
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    assert_eq!(
        outcome.stdout(),
        "NAME      BITS/S  PACKETS/S   BYTES  PACKETS  USED  TO QUOTA\n\
         http-in     8.0k        1.0  1.9KiB        2     -         -\n\
         http-out    8.0k        2.0  1.9KiB        4  2.0%     1m38s\n\
         ssh            0          0      0B        7     -         -\n"
    );
}

#[test]
fn counters_are_never_reset() {
    let kernel = kernel();
    let outcome = busy(&["watch", "--count", "3"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Success);
    assert_eq!(outcome.stdout().matches("NAME").count(), 3);
    let packets: Vec<_> = kernel.objects().iter().map(|object| object.packets).collect();
    assert_eq!(packets, [3, 6, 7]);
}

#[test]
fn groups_patterns_and_order() {
    let outcome = busy(&["watch", "--once", "--group", "-"]).on(&kernel());
    let lines: Vec<_> = outcome.stdout().lines().collect();
    assert!(lines[1].starts_with("http (2)   16.0k        3.0"), "{}", lines[1]);
    assert!(lines[2].starts_with("ssh (1)"));

    let outcome = busy(&["watch", "--once", "*-out"]).on(&kernel());
    assert_eq!(outcome.stdout().lines().count(), 2);

    let outcome = busy(&["watch", "--once", "--sort", "packets"]).on(&kernel());
    assert!(outcome.stdout().lines().nth(1).unwrap().starts_with("http-out"));
}

#[test]
fn json_lines() {
    let outcome = busy(&["watch", "--json", "--count=2"]).on(&kernel());
    let samples: Vec<Value> = outcome
        .stdout()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(samples.len(), 2);
    assert_eq!(samples[1]["schema"], "nfacct/1");
    assert_eq!(samples[1]["interval"], 1.0);
    let out = &samples[1]["rates"][1];
    assert_eq!(out["name"], "http-out");
    assert_eq!(
        (&out["packets_per_second"], &out["bits_per_second"]),
        (&2.0.into(), &8000.0.into())
    );
    assert_eq!(
        (&out["quota_used"], &out["seconds_to_quota"]),
        (&0.02.into(), &98.0.into())
    );
    assert!(samples[1]["rates"][2].get("quota_used").is_none());
}

#[test]
fn a_changing_table_is_listed_again() {
    let kernel = kernel();
    kernel.interrupt_dump();
    assert_eq!(busy(&["watch", "--once"]).on(&kernel).exit, Exit::Success);
}

#[test]
fn ends() {
    let outcome = busy(&["watch"]).room(0, ErrorKind::BrokenPipe).on(&kernel());
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    let outcome = busy(&["watch"]).room(0, ErrorKind::StorageFull).on(&kernel());
    assert_eq!(outcome.exit, Exit::Failure);
    for args in [
        &["watch", "--interval", "0"][..],
        &["watch", "--interval", "x"],
        &["watch", "--group", "ab"],
    ] {
        assert_eq!(nfacct(args).on(&kernel()).exit, Exit::Usage, "{args:?}");
    }
}
