// SPDX-License-Identifier: GPL-2.0-only
//! Memory that a forked child shares with its parent, also after its death.

use std::io;
use std::ptr;

/// Zeroed memory, shared with children that are forked later.
pub struct Shared {
    start: *mut u8,
    len: usize,
}

impl Shared {
    /// Maps `len` bytes.
    pub fn new(len: usize) -> Self {
        // SAFETY: A new mapping, which nothing else refers to.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(start, libc::MAP_FAILED, "{}", io::Error::last_os_error());
        Self {
            start: start.cast(),
            len,
        }
    }

    /// The same memory for a child to come; it lives as long as the process.
    pub const fn for_child(&self) -> Self {
        Self {
            start: self.start,
            len: self.len,
        }
    }

    /// A part to write to, by the child.
    pub fn part(&mut self, at: usize, len: usize) -> &mut [u8] {
        assert!(at + len <= self.len, "beyond the mapping");
        // SAFETY: Inside the mapping, which is never removed. The parent reads
        // only after the child has ended.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(at), len) }
    }

    /// Everything, for the parent once the child has ended.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: The mapping is never removed, and nobody writes any more.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

// SAFETY: Who reads and who writes is settled by the methods' contracts.
unsafe impl Send for Shared {}
