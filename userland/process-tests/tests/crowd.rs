// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many at a time: processes and objects.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{
    fs::{self, File},
    io::Read,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use common::{NFACCT, kernel, left, server, start};
use fake_kernel::{FakeKernel, Many};
use process_tests::Server;

#[test]
fn two_hundred_at_a_time() {
    let kernel = kernel(50);
    let server = server(&kernel);
    let traffic = kernel.clone();
    let counted = thread::spawn(move || {
        for number in 0..5000 {
            traffic.packet(format!("object-{:04}", number % 50), 84);
            if number % 10 == 0 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        5000
    });
    let directory = std::env::temp_dir().join(format!("nfacct-crowd-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let file = directory.join("saved");
    let save = ["save", "--file", file.to_str().unwrap()];
    let commands = [
        &["list", "reset"][..],
        &["get", "object-0007", "reset"],
        &["reset", "object-001*"],
        &save,
    ];
    let crowd: Vec<Child> = (0..200).map(|number| start(&server, commands[number % 4])).collect();
    let mut packets = 0;
    for child in crowd {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let counts = text
            .split("{ pkts = ")
            .skip(1)
            .map(|rest| rest[..20].parse::<usize>().unwrap());
        packets += counts.sum::<usize>();
    }
    let counted = counted.join().unwrap();
    assert_eq!(packets + left(&kernel), 50 + counted);
    // The file is one of those that were written, and whole.
    let saved = File::open(&file).unwrap();
    let mut restore = self::server(&FakeKernel::new()).command(NFACCT, &["restore"]);
    assert!(restore.stdin(saved).status().unwrap().success());
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        1,
        "no temporary file is left"
    );
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_million_objects_in_little_memory() {
    for (objects, args) in [
        (1_000_000, &["list"][..]),
        (200_000, &["list", "reset"]),
        (200_000, &["list", "xml"]),
        (200_000, &["list", "json"]),
        (200_000, &["list", "--json"]),
    ] {
        let server = Server::start(move || Many::new(objects));
        // In KiB: the program, its libraries and its stack are in this too.
        let script = "ulimit -v 32768; exec \"$0\" \"$@\"";
        let mut command = server.command("/bin/sh", &[&["-c", script, NFACCT], args].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = 0;
        let mut buffer = vec![0; 1 << 16];
        let mut stdout = child.stdout.take().unwrap();
        loop {
            let len = stdout.read(&mut buffer).unwrap();
            if len == 0 {
                break;
            }
            lines += buffer[..len]
                .iter()
                .map(|byte| usize::from(*byte == b'\n'))
                .sum::<usize>();
        }
        assert!(child.wait().unwrap().success(), "{args:?}");
        assert!(lines >= objects as usize, "{args:?}: {lines} lines");
    }
}
