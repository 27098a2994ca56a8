// SPDX-License-Identifier: GPL-2.0-only
//! Kernel modules and the switches of the kernel that tests turn.

use std::fs;

const MODPROBE: &str = "/proc/sys/kernel/modprobe";

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
    fs::write(MODPROBE, "\n").expect("modprobe switch");
}
