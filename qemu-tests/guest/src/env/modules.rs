// SPDX-License-Identifier: GPL-2.0-only
//! Kernel modules and the switches of the kernel that tests turn.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::cmd;

const MODPROBE: &str = "/proc/sys/kernel/modprobe";

/// How long references may linger: namespaces and nft rules die in workqueues.
const SETTLE: Duration = Duration::from_secs(120);

/// The global switches that a test may change; put back after each test.
pub struct KernelState {
    modprobe: Option<String>,
}

impl KernelState {
    /// Reads the switches.
    pub fn save() -> Self {
        Self {
            modprobe: fs::read_to_string(MODPROBE).ok(),
        }
    }

    /// Writes back what has changed.
    pub fn restore(&self) {
        let now = fs::read_to_string(MODPROBE).ok();
        if let Some(old) = self.modprobe.as_ref().filter(|_| now != self.modprobe) {
            fs::write(MODPROBE, old).expect("modprobe switch");
        }
    }
}

/// Stops the kernel from loading modules by itself until the test ends.
///
/// Each message for an unknown subsystem would start a modprobe process.
pub fn no_autoload() {
    if Path::new(MODPROBE).exists() {
        fs::write(MODPROBE, "\n").expect("modprobe switch");
    }
}

/// True if the kernel has the accounting subsystem built in, so that nothing
/// about loading can be tested.
pub fn built_in() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("osrelease");
    !Path::new("/lib/modules").join(release.trim()).is_dir()
}

/// The reference count of a loaded module.
pub fn refs(name: &str) -> Option<u32> {
    let text = fs::read_to_string("/proc/modules").expect("/proc/modules");
    text.lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|words| words[0] == name)
        .map(|words| words[2].parse().expect("a count"))
}

/// True if the module is loaded.
pub fn loaded(name: &str) -> bool {
    refs(name).is_some()
}

/// Loads modules with their dependencies.
#[track_caller]
pub fn load(names: &[&str]) {
    for name in names {
        cmd::must(&format!("modprobe {name}"));
    }
}

/// Removes one module if it is loaded, and waits for lingering references.
#[track_caller]
pub fn unload(name: &str) {
    let deadline = Instant::now() + SETTLE;
    while loaded(name) {
        let output = cmd::run(&format!("rmmod {name}"));
        if output.code != 0 {
            assert!(Instant::now() < deadline, "rmmod {name}: {output}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Removes the pair and everything that may hold it.
#[track_caller]
pub fn unload_pair() {
    for name in ["nft_compat", "xt_nfacct", "nfnetlink_acct"] {
        unload(name);
    }
}

/// Waits until a module's reference count is `want`.
#[track_caller]
pub fn settle(name: &str, want: u32) {
    let deadline = Instant::now() + SETTLE;
    while refs(name) != Some(want) {
        assert!(
            Instant::now() < deadline,
            "{name}: {:?} references instead of {want}",
            refs(name)
        );
        thread::sleep(Duration::from_millis(20));
    }
}
