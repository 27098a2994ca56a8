// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command lines: arguments are separated by NUL. Commands that run for ever or look at the system are left out.

#![no_main]

#[path = "../../nfacct/tests/common/mod.rs"]
mod common;

use common::argv;
use fake_kernel::FakeKernel;
use libfuzzer_sys::fuzz_target;

const LEFT_OUT: [&[u8]; 5] = [b"watch", b"serve", b"doctor", b"--exec", b"--file"];

fuzz_target!(|bytes: &[u8]| {
    let args: Vec<Vec<u8>> = bytes.split(|&b| b == 0).map(<[u8]>::to_vec).collect();
    let left_out = |arg: &Vec<u8>| {
        // Options may be given as --file=x, -fx or shortened.
        LEFT_OUT.iter().any(|word| arg.starts_with(word)) || arg.starts_with(b"-f") || arg.starts_with(b"--e")
    };
    if args.len() > 20 || args.iter().any(left_out) {
        return;
    }
    let kernel = FakeKernel::new();
    for name in ["http-in", "http-out", "ssh"] {
        argv(["nfacct", "add", name].map(Vec::from)).on(&kernel);
    }
    argv(std::iter::once(b"nfacct".to_vec()).chain(args)).on(&kernel);
});
