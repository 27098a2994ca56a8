// SPDX-License-Identifier: GPL-2.0-only
//! A terminal for programs that do not flush their output into a pipe.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

/// The two ends of a terminal.
pub struct Pty {
    master: File,
    /// What the program gets as its output.
    pub slave: File,
}

impl Pty {
    /// Opens a terminal.
    pub fn open() -> Self {
        let master = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open("/dev/ptmx")
            .expect("/dev/ptmx");
        let fd = master.as_raw_fd();
        let mut name = [0; 64];
        // SAFETY: `fd` is a terminal master and `name` has the stated size.
        unsafe {
            assert_eq!(libc::grantpt(fd), 0, "grantpt");
            assert_eq!(libc::unlockpt(fd), 0, "unlockpt");
            assert_eq!(libc::ptsname_r(fd, name.as_mut_ptr(), name.len()), 0);
        }
        let name: Vec<u8> = name
            .iter()
            .take_while(|c| **c != 0)
            .map(|c| c.to_ne_bytes()[0])
            .collect();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY)
            .open(String::from_utf8(name).expect("terminal name"))
            .expect("terminal");
        Self { master, slave }
    }

    /// What the program has written since the last call.
    pub fn read(&mut self) -> String {
        let mut buf = [0; 4096];
        match self.master.read(&mut buf) {
            Ok(got) => String::from_utf8_lossy(&buf[..got]).into_owned(),
            Err(e) if e.kind() == ErrorKind::WouldBlock => String::new(),
            Err(e) => panic!("terminal: {e}"),
        }
    }
}
