// SPDX-License-Identifier: GPL-2.0-only
//! Child processes and the identities they take on.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::wire::socket::separate_ports;

/// User id without any privilege.
pub const NOBODY: u32 = 65534;

/// Exit code of a child that panicked.
const CRASHED: i32 = 101;

/// How many children the test has had.
static CHILDREN: AtomicU32 = AtomicU32::new(0);

/// A forked child; it is killed when dropped.
pub struct Child {
    pid: i32,
    panic_text: UnixStream,
}

impl Child {
    /// Forks a child that runs `body` and exits with its value.
    ///
    /// To be called before the test starts any thread.
    pub fn spawn(body: impl FnOnce() -> i32) -> Self {
        let (ours, theirs) = UnixStream::pair().expect("pair");
        let number = CHILDREN.fetch_add(1, Ordering::Relaxed) + 1;
        // SAFETY: The caller has a single thread, so the child may do anything.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0, "fork: {}", io::Error::last_os_error());
        if pid == 0 {
            drop(ours);
            separate_ports(number);
            panic::set_hook(Box::new(move |info| {
                let _ = (&theirs).write_all(info.to_string().as_bytes());
            }));
            let code = panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or(CRASHED);
            // SAFETY: Ends the child without running the test's exit handlers.
            unsafe { libc::_exit(code) }
        }
        Self {
            pid,
            panic_text: ours,
        }
    }

    /// Waits for the end: the exit code, or 128 + signal.
    ///
    /// A child that panicked takes the test with it.
    #[track_caller]
    pub fn wait(mut self) -> i32 {
        self.judge()
    }

    #[track_caller]
    fn judge(&mut self) -> i32 {
        let code = self.reap();
        if code == CRASHED {
            let mut text = String::new();
            let _ = self.panic_text.read_to_string(&mut text);
            panic!("child {text}");
        }
        code
    }

    /// Ends the child at once.
    #[track_caller]
    pub fn kill(mut self) -> i32 {
        self.signal(libc::SIGKILL);
        self.judge()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: It is our own unreaped child.
        unsafe { libc::kill(self.pid, signal) };
    }

    fn reap(&mut self) -> i32 {
        let mut status = 0;
        // SAFETY: `status` is a valid int; the pid is our own child.
        let got = unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
        assert_eq!(got, self.pid, "waitpid: {}", io::Error::last_os_error());
        self.pid = 0;
        if libc::WIFSIGNALED(status) {
            128 + libc::WTERMSIG(status)
        } else {
            libc::WEXITSTATUS(status)
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.pid != 0 {
            self.signal(libc::SIGKILL);
            self.reap();
        }
    }
}

/// Gives up root for good.
pub fn become_nobody() {
    // SAFETY: Plain system calls; the results are checked.
    unsafe {
        assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
        assert_eq!(libc::setresgid(NOBODY, NOBODY, NOBODY), 0);
        assert_eq!(libc::setresuid(NOBODY, NOBODY, NOBODY), 0);
        // Without this /proc/self would stay root's and no map could be written.
        assert_eq!(libc::prctl(libc::PR_SET_DUMPABLE, 1), 0);
    }
}

/// Enters a new user namespace as its root.
pub fn enter_userns() {
    // SAFETY: Plain system calls.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    // SAFETY: Plain system call.
    let ret = unsafe { libc::unshare(libc::CLONE_NEWUSER) };
    assert_eq!(ret, 0, "userns: {}", io::Error::last_os_error());
    fs::write("/proc/self/setgroups", "deny").expect("setgroups");
    fs::write("/proc/self/uid_map", format!("0 {uid} 1")).expect("uid_map");
    fs::write("/proc/self/gid_map", format!("0 {gid} 1")).expect("gid_map");
}

/// Removes `CAP_NET_ADMIN` from all sets but stays root.
pub fn drop_net_admin() {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    const VERSION_3: u32 = 0x2008_0522;
    const NET_ADMIN: u32 = 12;
    let mut header = Header {
        version: VERSION_3,
        pid: 0,
    };
    // Two halves of (effective, permitted, inheritable).
    let mut sets = [[0u32; 3]; 2];
    // SAFETY: Header and data have the layout of version 3 of the interface.
    unsafe {
        // Else a program that root starts would get it back.
        let ret = libc::prctl(libc::PR_CAPBSET_DROP, NET_ADMIN);
        assert_eq!(ret, 0, "bounding set: {}", io::Error::last_os_error());
        let ret = libc::syscall(libc::SYS_capget, &raw mut header, sets.as_mut_ptr());
        assert_eq!(ret, 0, "capget: {}", io::Error::last_os_error());
        for set in &mut sets[0] {
            *set &= !(1 << NET_ADMIN);
        }
        let ret = libc::syscall(libc::SYS_capset, &raw mut header, sets.as_ptr());
        assert_eq!(ret, 0, "capset: {}", io::Error::last_os_error());
    }
}
