// SPDX-License-Identifier: GPL-2.0-only
//! Network namespaces.

use std::fs::File;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Moves the caller into a new network namespace with `lo` up.
pub fn fresh() {
    // SAFETY: Plain system call.
    let ret = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    assert_eq!(ret, 0, "unshare: {}", io::Error::last_os_error());
    loopback_up();
}

/// Sets `lo` up in the caller's namespace; both of its addresses come with it.
pub fn loopback_up() {
    // SAFETY: Plain system call; the result is checked.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    assert!(fd >= 0, "socket: {}", io::Error::last_os_error());
    // SAFETY: The descriptor was just made and nobody else owns it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: All-zero is a valid ifreq.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = i8::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    // SAFETY: `request` is a valid ifreq with a terminated name.
    let ret = unsafe { libc::ioctl(fd.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    assert_eq!(ret, 0, "lo up: {}", io::Error::last_os_error());
}

/// A handle on a namespace, which keeps it alive.
pub struct Netns {
    file: File,
}

impl Netns {
    /// The caller's namespace.
    pub fn current() -> Self {
        Self {
            file: File::open("/proc/thread-self/ns/net").expect("namespace file"),
        }
    }

    /// Makes a new namespace and stays in the old one.
    pub fn new() -> Self {
        let home = Self::current();
        fresh();
        let new = Self::current();
        home.enter();
        new
    }

    /// Moves the calling thread into this namespace.
    pub fn enter(&self) {
        // SAFETY: The descriptor is open for the life of `self`.
        let ret = unsafe { libc::setns(self.file.as_raw_fd(), libc::CLONE_NEWNET) };
        assert_eq!(ret, 0, "setns: {}", io::Error::last_os_error());
    }

    /// Runs `f` inside this namespace and comes back.
    pub fn within<T>(&self, f: impl FnOnce() -> T) -> T {
        let home = Self::current();
        self.enter();
        let value = f();
        home.enter();
        value
    }
}
