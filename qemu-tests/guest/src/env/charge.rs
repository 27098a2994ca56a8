// SPDX-License-Identifier: GPL-2.0-only
//! What the memory control group of the tests is charged with.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that namespaces in dissolution and the kernel's own caches may hold.
pub const NOISE: u64 = 64 << 10;

/// The control group of all tests: the one that this process's group is in.
pub fn group() -> PathBuf {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own
        .lines()
        .find_map(|line| line.strip_prefix("0::"))
        .unwrap_or_default();
    let group = Path::new(own).parent().unwrap_or(Path::new("/"));
    Path::new("/sys/fs/cgroup").join(group.strip_prefix("/").unwrap_or(group))
}

/// Per-CPU memory in bytes that the tests' group pays for, with all groups in it.
///
/// The cells of our objects are charged to who makes them, exactly; C charges nothing.
pub fn percpu() -> u64 {
    let stat = fs::read_to_string(group().join("memory.stat")).unwrap_or_default();
    stat.lines()
        .find_map(|line| line.strip_prefix("percpu ")?.trim().parse().ok())
        .unwrap_or(0)
}

/// Waits until what was charged before is reached again, but for noise; false if it is not.
pub fn settles_at(before: u64, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while percpu() > before + NOISE {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}
