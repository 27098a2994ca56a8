// SPDX-License-Identifier: GPL-2.0-only
//! Requests to the kernel module that calls the match.

use std::fs::OpenOptions;
use std::io::{Read, Write};

const FILE: &str = "/sys/kernel/debug/nfacct_bench";

/// Sends a request; returns the numbers of each line of the answer.
pub fn ask(request: &str) -> Vec<Vec<u64>> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(FILE)
        .expect(FILE);
    file.write_all(request.as_bytes())
        .unwrap_or_else(|e| panic!("{request}: {e}"));
    let mut answer = String::new();
    file.read_to_string(&mut answer).expect("answer");
    let numbers = |line: &str| {
        line.split(' ')
            .map(|n| n.parse().expect("number"))
            .collect()
    };
    answer.lines().map(numbers).collect()
}

/// The difference of two times that a request answers with: (empty, full).
pub fn net(request: &str) -> u64 {
    let answer = ask(request);
    answer[0][1].saturating_sub(answer[0][0])
}
