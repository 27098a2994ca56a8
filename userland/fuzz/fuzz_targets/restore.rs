// SPDX-License-Identifier: MIT OR Apache-2.0
//! Input of both restores: never a panic; what came into the table can be saved and restored to the same table.

#![no_main]

#[path = "../../nfacct/tests/common/mod.rs"]
mod common;

use common::nfacct;
use fake_kernel::FakeKernel;
use libfuzzer_sys::fuzz_target;
use nfacct::Exit;

fuzz_target!(|bytes: &[u8]| {
    for args in [&["restore"][..], &["restore", "--exist", "ignore"]] {
        let kernel = FakeKernel::new();
        nfacct(args).stdin(bytes).on(&kernel);
        let saved = nfacct(&["save"]).on(&kernel);
        let again = FakeKernel::new();
        assert_eq!(nfacct(&["restore"]).stdin(saved.stdout).on(&again).exit, Exit::Success);
        assert_eq!(again.objects(), kernel.objects());
    }
});
