// SPDX-License-Identifier: GPL-2.0-only
//! Making the n-th allocation of this thread fail (`CONFIG_FAULT_INJECTION`).

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;

const DEBUGFS: &str = "/sys/kernel/debug";

/// The thread's switch.
pub struct FailNth {
    file: File,
}

impl FailNth {
    /// Opens the switch and lets all kinds of allocations fail, without a word
    /// in the kernel log. A kernel without fault injection is an error.
    pub fn open() -> Self {
        for kind in ["failslab", "fail_page_alloc", "fail_usercopy"] {
            let set = |name: &str, value: &str| {
                fs::write(format!("{DEBUGFS}/{kind}/{name}"), value)
                    .unwrap_or_else(|e| panic!("{kind}/{name}: {e}"));
            };
            set("verbose", "0");
            if kind != "fail_usercopy" {
                set("ignore-gfp-wait", "N");
            }
            if kind == "fail_page_alloc" {
                set("min-order", "0");
            }
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/proc/thread-self/fail-nth")
            .expect("fail-nth");
        Self { file }
    }

    /// Runs `body` with its `n`-th chance of a failure taken; says whether it
    /// had so many.
    pub fn at<T>(&self, n: u64, body: impl FnOnce() -> T) -> (T, bool) {
        let text = n.to_string();
        self.file.write_all_at(text.as_bytes(), 0).expect("arm");
        let value = body();
        let mut left = [0; 16];
        // A failure may also hit the copies of these two calls: then it has not
        // hit the body.
        let hit = match self.file.read_at(&mut left, 0) {
            Ok(_) => left[0] == b'0',
            Err(_) => false,
        };
        while self.file.write_all_at(b"0", 0).is_err() {}
        (value, hit)
    }
}
