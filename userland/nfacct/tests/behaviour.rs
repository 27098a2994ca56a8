// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the recorded commands do not show: failing output, terminals, resets, events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::io::{ErrorKind, Read, Write};

use common::{argv, nfacct};
use fake_kernel::FakeKernel;
use nfacct::Exit;
use serde_json::Value;

/// A kernel with objects that have counted 5 packets of 100 bytes each.
fn kernel(names: &[&str]) -> FakeKernel {
    let kernel = FakeKernel::new();
    for name in names {
        assert_eq!(nfacct(&["add", name]).on(&kernel).exit, Exit::Success);
        for _ in 0..5 {
            kernel.packet(name, 100);
        }
    }
    kernel
}

fn packets(kernel: &FakeKernel) -> Vec<u64> {
    kernel.objects().iter().map(|object| object.packets).collect()
}

#[test]
fn a_full_disk_is_an_error() {
    let kernel = kernel(&["a"]);
    for args in [
        &["list"][..],
        &["list", "json"],
        &["get", "a", "xml"],
        &["version"],
        &["help"],
    ] {
        let outcome = nfacct(args).room(10, ErrorKind::StorageFull).on(&kernel);
        assert_eq!(outcome.exit, Exit::Failure, "{args:?}");
        assert!(
            outcome.stderr().starts_with("nfacct v1.0.2: error writing output: "),
            "{args:?}"
        );
    }
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let outcome = nfacct(&["list"]).room(10, ErrorKind::BrokenPipe).on(&kernel(&["a"]));
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
}

#[test]
fn counts_that_were_reset_are_never_lost() {
    let full = nfacct(&["list"]).on(&kernel(&["a", "b"]));
    for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
        for room in [0, 1, 100, full.stdout.len() - 1] {
            let kernel = kernel(&["a", "b"]);
            let outcome = nfacct(&["list", "reset"]).room(room, kind).on(&kernel);
            assert_eq!(packets(&kernel), [0, 0]);
            assert_eq!(outcome.exit, Exit::Failure);
            let (message, rest) = outcome.stderr().split_once("was not written:\n").unwrap();
            assert!(message.contains("2 objects were reset"), "{message}");
            assert_eq!(format!("{}{rest}", outcome.stdout()), full.stdout());
        }
    }
}

#[test]
fn a_signal_during_a_reset_waits_for_the_output() {
    for (args, exit) in [
        (&["list", "reset"][..], Exit::Interrupted),
        (&["get", "a", "reset", "xml"], Exit::Interrupted),
        (&["reset", "a*"], Exit::Interrupted),
        (&["list"], Exit::Success),
    ] {
        let kernel = kernel(&["a"]);
        let undisturbed = nfacct(args).on(&kernel);
        let kernel = self::kernel(&["a"]);
        let outcome = nfacct(args).interrupted().on(&kernel);
        assert_eq!((outcome.exit, &outcome.stdout), (exit, &undisturbed.stdout), "{args:?}");
    }
    for (signal, exit) in [(1, Exit::HungUp), (15, Exit::Terminated)] {
        let outcome = nfacct(&["list", "reset"]).signal(signal).on(&kernel(&["a"]));
        assert_eq!(outcome.exit, exit);
    }
}

#[test]
fn a_reset_one_by_one_stops_at_a_signal_or_a_failed_write() {
    let kernel = self::kernel(&["a1", "a2"]);
    let outcome = nfacct(&["reset", "a*", "--table"]).interrupted().on(&kernel);
    assert_eq!((outcome.exit, packets(&kernel)), (Exit::Interrupted, vec![0, 5]));
    assert!(outcome.stdout().contains("a1") && !outcome.stdout().contains("a2"));

    // The text is written in pieces; the failure of the first one is the end.
    let names: Vec<String> = (0..1500).map(|n| format!("a{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let kernel = self::kernel(&names);
    let outcome = nfacct(&["reset", "a*"]).room(0, ErrorKind::StorageFull).on(&kernel);
    assert_eq!(outcome.exit, Exit::Lost);
    let reset = packets(&kernel).iter().filter(|&&packets| packets == 0).count();
    assert!(reset < names.len());
    assert_eq!(outcome.stderr().matches("pkts = ").count(), reset);
}

#[test]
fn a_list_that_breaks_off_shows_what_came() {
    let names: Vec<String> = (0..200).map(|n| format!("object-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let kernel = kernel(&names);
    kernel.interrupt_dump();
    let outcome = nfacct(&["list", "reset"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Failure);
    assert_eq!(outcome.stderr(), "nfacct v1.0.2: error: Interrupted system call\n");
    assert_eq!(outcome.stdout().lines().count(), 200);
}

#[test]
fn an_empty_option_does_not_reset() {
    let kernel = kernel(&["a"]);
    for args in [&["list", ""][..], &["list", "", "xml", ""], &["get", "a", ""], &[""]] {
        assert_eq!(nfacct(args).on(&kernel).exit, Exit::Success, "{args:?}");
        assert_eq!(packets(&kernel), [5], "{args:?}");
    }
    nfacct(&["list", "r"]).on(&kernel);
    assert_eq!(packets(&kernel), [0]);
}

#[test]
fn names_are_raw_in_pipes_and_harmless_on_terminals() {
    let kernel = kernel(&["red\x1b[31m"]);
    assert!(nfacct(&["list"]).on(&kernel).stdout().ends_with("= red\x1b[31m;\n"));
    let outcome = nfacct(&["list"]).terminal().on(&kernel);
    assert!(outcome.stdout().ends_with("= red\\x1b[31m;\n"));
}

#[test]
fn json_is_json_whatever_the_name() {
    let kernel = FakeKernel::new();
    for name in ["quote\"", "back\\slash", "nl\n", "\x01\x1f", "é", "</script>", "%s{}"] {
        assert_eq!(nfacct(&["add", name, "byte", "7"]).on(&kernel).exit, Exit::Success);
        let outcome = nfacct(&["get", name, "json"]).on(&kernel);
        let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
        let object = &document["nfacct_counters"][0];
        assert_eq!(object["name"], name);
        assert_eq!((&object["quota"], &object["mode"]), (&7.into(), &"byte".into()));
    }
    let outcome = nfacct(&["list", "json"]).on(&kernel);
    let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(document["nfacct_counters"].as_array().unwrap().len(), 7);
}

#[test]
fn everything_listed_can_be_restored() {
    let before = kernel(&["plain", "with space", "quota"]);
    nfacct(&["add", "q", "packet", "2"]).on(&before);
    for _ in 0..3 {
        before.packet("q", 40);
    }
    let listed = nfacct(&["list"]).on(&before);
    let after = FakeKernel::new();
    let outcome = nfacct(&["restore"]).stdin(listed.stdout).on(&after);
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    let mut expected = before.objects();
    expected[3].quota = Some((1, 2)); // the mark comes back with the next packet
    assert_eq!(after.objects(), expected);
}

/// Lines as `restore` takes them.
fn listing(names: &[String]) -> String {
    let line = |name: &String| format!("{{ pkts = 1, bytes = 2 }} = {name};\n");
    names.iter().map(line).collect::<Vec<_>>().concat()
}

#[test]
fn restore_ends_at_the_first_failure_wherever_it_is() {
    let names: Vec<String> = (0..350).map(|n| format!("o{n}")).collect();
    let created = |kernel: &FakeKernel| -> Vec<String> {
        kernel
            .objects()
            .iter()
            .map(|object| String::from_utf8(object.name.clone()).unwrap())
            .collect()
    };
    for failing in [0, 1, 98, 99, 100, 249, 349] {
        // The object exists already, with other counters.
        let kernel = kernel(&[names[failing].as_str()]);
        let outcome = nfacct(&["restore"]).stdin(listing(&names)).on(&kernel);
        assert_eq!(outcome.stderr(), "nfacct v1.0.2: error: Device or resource busy\n");
        assert_eq!(
            created(&kernel),
            [&names[failing..=failing], &names[..failing]].concat(),
            "{failing}"
        );
        assert_eq!(kernel.objects()[0].packets, 5);

        // The line is wrong.
        let kernel = FakeKernel::new();
        let mut lines = names.clone();
        lines[failing] = String::new();
        let outcome = nfacct(&["restore"]).stdin(listing(&lines)).on(&kernel);
        assert_eq!(outcome.stderr(), "nfacct v1.0.2: error reading input\n");
        assert_eq!(created(&kernel), names[..failing], "{failing}");
    }
    let kernel = FakeKernel::new();
    assert_eq!(
        nfacct(&["restore"]).stdin(listing(&names)).on(&kernel).exit,
        Exit::Success
    );
    assert_eq!(created(&kernel), names);
}

/// A pipe with a slow writer: one line at a time, and before the next one it looks at the table.
struct SlowWriter {
    kernel: FakeKernel,
    written: usize,
}

impl Read for SlowWriter {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        assert_eq!(
            self.kernel.objects().len(),
            self.written,
            "what came is restored before more is read"
        );
        if self.written == 3 {
            return Ok(0);
        }
        let line = format!("{{ pkts = 1, bytes = 2 }} = o{};\n", self.written);
        self.written += 1;
        (&mut &mut *buffer).write_all(line.as_bytes())?;
        Ok(line.len())
    }
}

#[test]
fn restore_does_not_wait_for_more_input() {
    let kernel = FakeKernel::new();
    let slow = SlowWriter {
        kernel: kernel.clone(),
        written: 0,
    };
    assert_eq!(nfacct(&["restore"]).reader(slow).on(&kernel).exit, Exit::Success);
    assert_eq!(kernel.objects().len(), 3);
}

#[test]
fn a_refusal_comes_before_a_wrong_line_after_it() {
    let kernel = kernel(&["a"]);
    let input = "{ pkts = 1, bytes = 2 } = a;\ngarbage\n";
    let outcome = nfacct(&["restore"]).stdin(input).on(&kernel);
    assert_eq!(outcome.stderr(), "nfacct v1.0.2: error: Device or resource busy\n");
}

#[test]
fn monitor_shows_events_and_tells_what_it_missed() {
    let kernel = FakeKernel::new();
    nfacct(&["add", "q", "packet", "1"]).on(&kernel);
    kernel.packet("q", 84);
    kernel.fault(105);
    let outcome = nfacct(&["monitor", "json"]).on(&kernel);
    assert_eq!(
        outcome.stdout(),
        "{ pkts = 00000000000000000001, bytes = 00000000000000000084, \
         quota = 00000000000000000001, mode = packet, overquota = yes } = q;\n"
    );
    let mut errors = outcome.stderr().lines();
    assert_eq!(errors.next(), Some("nfacct v1.0.2: some events were lost"));
    assert!(errors.next().is_some(), "the fake kernel has no more events");
}

#[test]
fn monitor_does_not_wait_without_permission() {
    let kernel = FakeKernel::new();
    kernel.refuse(Some(1));
    let outcome = nfacct(&["monitor"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Failure);
    assert_eq!(outcome.stderr(), "nfacct v1.0.2: error: Operation not permitted\n");
}

#[test]
fn list_arguments_are_checked_before_anything_is_sent() {
    let kernel = kernel(&["a"]);
    for (args, message) in [
        (
            &["list", "r", "reset"][..],
            "Error: duplicate \"reset\" or collision with another option \n",
        ),
        (
            &["list", "xml", "j"],
            "Error: duplicate \"j\" or collision with another option \n",
        ),
        (
            &["list", "c", "over"],
            "Error: duplicate \"over\" or collision with another option \n",
        ),
        (&["list", "reset", "bogus"], "nfacct v1.0.2: unknown argument\n"),
    ] {
        let outcome = nfacct(args).on(&kernel);
        assert_eq!((outcome.exit, outcome.stderr()), (Exit::Failure, message), "{args:?}");
    }
    assert_eq!(packets(&kernel), [5]);
}

#[test]
fn options_before_the_command_are_modern() {
    let kernel = FakeKernel::new();
    let outcome = nfacct(&["--bogus"]).on(&kernel);
    assert_eq!((outcome.exit, outcome.stdout()), (Exit::Usage, ""));
    assert!(outcome.stderr().contains("--bogus"));
    let outcome = nfacct(&["--help"]).on(&kernel);
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    assert!(outcome.stdout().contains("restore"));
}

#[test]
fn no_output_lets_a_name_control_a_terminal() {
    let kernel = FakeKernel::new();
    let all: Vec<u8> = (1..=255).collect();
    let bidi = "\u{202e}\u{200b}\u{2066}\u{feff}";
    for name in all.chunks(31).chain([bidi.as_bytes()]) {
        let words = [&b"nfacct"[..], b"add", name, b"packet", b"1"];
        assert_eq!(argv(words.map(Vec::from)).on(&kernel).exit, Exit::Success);
        kernel.packet(name, 84);
    }
    for args in [
        &["list"][..],
        &["list", "xml"],
        &["list", "json"],
        &["list", "--json"],
        &["list", "--table"],
        &["save"],
        &["export", "--prometheus"],
        &["export", "--openmetrics"],
        &["watch", "--once"],
        &["watch", "--once", "--json"],
        &["monitor", "--count", "5"],
        &["monitor", "--count", "5", "--json"],
        &["__complete"],
        &["list", "reset"],
    ] {
        let outcome = nfacct(args).terminal().on(&kernel);
        assert_eq!(outcome.exit, Exit::Success, "{args:?}");
        let bad = |c: char| (c.is_control() && c != '\n') || bidi.contains(c);
        assert!(!outcome.stdout().contains(bad), "{args:?}: {:?}", outcome.stdout());
    }
    // What could not be written goes to standard error, which is a terminal too.
    let outcome = nfacct(&["list", "reset"])
        .terminal()
        .room(0, ErrorKind::StorageFull)
        .on(&kernel);
    assert_eq!(outcome.stderr().matches("pkts = ").count(), 10);
    assert!(!outcome.stderr().contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn all_that_went_wrong_is_told() {
    let kernel = kernel(&["a", "b"]);
    kernel.interrupt_dump();
    let outcome = nfacct(&["list", "reset"]).room(10, ErrorKind::StorageFull).on(&kernel);
    assert_eq!(outcome.exit, Exit::Failure);
    let interrupted = "nfacct v1.0.2: error: Interrupted system call\n";
    assert!(outcome.stderr().starts_with(interrupted), "{}", outcome.stderr());
    assert!(
        outcome.stderr().contains("2 objects were reset"),
        "{}",
        outcome.stderr()
    );
    assert!(outcome.stderr().ends_with("} = b;\n"));

    kernel.interrupt_dump();
    let modern = nfacct(&["list", "--reset"])
        .room(10, ErrorKind::StorageFull)
        .on(&kernel);
    assert_eq!(modern.exit, Exit::Lost);
    assert!(modern.stderr().contains("the table changed"), "{}", modern.stderr());
    assert!(modern.stderr().ends_with("} = b;\n"));

    // The reader of the pipe left; that the list was not complete is still told.
    kernel.interrupt_dump();
    let gone = nfacct(&["list"]).room(0, ErrorKind::BrokenPipe).on(&kernel);
    assert_eq!(gone.stderr(), interrupted);
}
