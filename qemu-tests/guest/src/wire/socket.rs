// SPDX-License-Identifier: GPL-2.0-only
//! A raw `NETLINK_NETFILTER` socket.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::consts::GROUP_QUOTA;
use super::{Msg, Reply};

/// Receive buffer of an ordinary exchange, above the kernel's largest part.
pub const LARGE: usize = 65536;

/// Port id of the next socket. Every test runs in a namespace of its own, so
/// fixed ids are free and make replies comparable without masking.
static NEXT_PORT: AtomicU32 = AtomicU32::new(0x1001);

/// Gives a forked process port ids of its own; `number` is not 0.
pub fn separate_ports(number: u32) {
    NEXT_PORT.store(number << 24, Ordering::Relaxed);
}

/// A socket bound to a fixed port id.
pub struct Sock {
    fd: OwnedFd,
}

fn check(ret: libc::c_int) -> io::Result<libc::c_int> {
    if ret < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(ret)
    }
}

fn errno(e: &io::Error) -> i32 {
    e.raw_os_error().unwrap_or(0)
}

impl Sock {
    /// Opens a socket in the namespace of the caller.
    pub fn open() -> Self {
        Self::try_open(NEXT_PORT.fetch_add(1, Ordering::Relaxed)).expect("netlink socket")
    }

    /// Opens a socket with a port id of choice, 0 for the kernel's choice.
    pub fn try_open(port: u32) -> io::Result<Self> {
        // SAFETY: Plain system call; the result is checked before use.
        let fd = check(unsafe {
            libc::socket(
                libc::AF_NETLINK,
                libc::SOCK_RAW | libc::SOCK_CLOEXEC,
                libc::NETLINK_NETFILTER,
            )
        })?;
        // SAFETY: The descriptor was just made and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let mut addr = kernel_address();
        addr.nl_pid = port;
        // SAFETY: `addr` is a valid sockaddr_nl of the stated size.
        check(unsafe {
            libc::bind(
                fd.as_raw_fd(),
                (&raw const addr).cast(),
                mem::size_of_val(&addr) as u32,
            )
        })?;
        Ok(Self { fd })
    }

    /// Sets an integer socket option.
    pub fn set(&self, level: i32, option: i32, value: i32) -> io::Result<()> {
        // SAFETY: `value` is an int of the stated size.
        check(unsafe {
            libc::setsockopt(
                self.fd.as_raw_fd(),
                level,
                option,
                (&raw const value).cast(),
                mem::size_of_val(&value) as u32,
            )
        })?;
        Ok(())
    }

    /// Asks for extended acknowledgements.
    pub fn with_ext_ack(self) -> Self {
        self.set(libc::SOL_NETLINK, libc::NETLINK_EXT_ACK, 1)
            .expect("NETLINK_EXT_ACK");
        self
    }

    /// Joins the group of the over-quota events.
    pub fn join_quota(&self) -> io::Result<()> {
        self.set(libc::SOL_NETLINK, libc::NETLINK_ADD_MEMBERSHIP, GROUP_QUOTA)
    }

    /// Sends a buffer to the kernel.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let addr = kernel_address();
        // SAFETY: Both buffers are valid for the stated lengths.
        let sent = unsafe {
            libc::sendto(
                self.fd.as_raw_fd(),
                bytes.as_ptr().cast(),
                bytes.len(),
                0,
                (&raw const addr).cast(),
                mem::size_of_val(&addr) as u32,
            )
        };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        assert_eq!(sent.unsigned_abs(), bytes.len(), "short send");
        Ok(())
    }

    /// Takes one datagram if there is one, with a buffer of `size` bytes.
    ///
    /// Also says whether it was cut, and the sender's address.
    pub fn recv(&self, size: usize) -> io::Result<Datagram> {
        // Not cleared first: a fuzz run receives millions of datagrams.
        let mut buf: Vec<u8> = Vec::with_capacity(size);
        let mut from = kernel_address();
        let mut iov = libc::iovec {
            iov_base: buf.as_mut_ptr().cast(),
            iov_len: size,
        };
        // SAFETY: All-zero is a valid msghdr.
        let mut hdr: libc::msghdr = unsafe { mem::zeroed() };
        hdr.msg_name = (&raw mut from).cast();
        hdr.msg_namelen = mem::size_of_val(&from) as u32;
        hdr.msg_iov = &raw mut iov;
        hdr.msg_iovlen = 1;
        // SAFETY: `hdr` points to live buffers of the stated lengths.
        let got = unsafe { libc::recvmsg(self.fd.as_raw_fd(), &raw mut hdr, libc::MSG_DONTWAIT) };
        if got < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: The kernel wrote so many bytes, at most `size`.
        unsafe { buf.set_len(got.unsigned_abs()) };
        buf.shrink_to_fit();
        Ok(Datagram {
            bytes: buf,
            truncated: hdr.msg_flags & libc::MSG_TRUNC != 0,
            from_pid: from.nl_pid,
            from_groups: from.nl_groups,
        })
    }

    /// Takes one datagram into memory of the caller; says how long it is.
    pub fn recv_into(&self, buf: &mut [u8], flags: i32) -> io::Result<usize> {
        let flags = flags | libc::MSG_DONTWAIT | libc::MSG_TRUNC;
        // SAFETY: `buf` is writable for its length.
        let got = unsafe {
            libc::recv(
                self.fd.as_raw_fd(),
                buf.as_mut_ptr().cast(),
                buf.len(),
                flags,
            )
        };
        if got < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(got.unsigned_abs())
    }

    /// A second handle on the same socket.
    pub fn share(&self) -> Self {
        Self {
            fd: self.fd.try_clone().expect("descriptor"),
        }
    }

    /// Waits until a datagram is there; false after the time-out.
    pub fn wait(&self, timeout: Duration) -> bool {
        let mut poll = libc::pollfd {
            fd: self.fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: `poll` is one valid pollfd.
        unsafe { libc::poll(&raw mut poll, 1, ms) > 0 }
    }

    /// Takes everything that is queued, and the rest of a running dump.
    ///
    /// The kernel answers inside the send, and makes the next part of a dump
    /// inside each receive: once a receive would block, the answer is whole.
    pub fn drain(&self, size: usize, reply: &mut Reply) {
        loop {
            match self.recv(size) {
                Ok(d) => {
                    assert!(!d.truncated, "datagram longer than {size}");
                    reply.parts.push(d.bytes);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(e) => reply.recv.push(errno(&e)),
            }
        }
    }

    /// Sends a buffer and takes the whole answer in parts of at most `size`.
    pub fn exchange_sized(&self, bytes: &[u8], size: usize) -> Reply {
        let mut reply = Reply::default();
        if let Err(e) = self.send(bytes) {
            reply.send = errno(&e);
        }
        self.drain(size, &mut reply);
        reply
    }

    /// Sends one message and takes the whole answer.
    pub fn exchange(&self, msg: &Msg) -> Reply {
        self.exchange_sized(msg.bytes(), LARGE)
    }
}

/// One received datagram.
pub struct Datagram {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// True if the buffer was too small for it.
    pub truncated: bool,
    /// Port id of the sender, 0 for the kernel.
    pub from_pid: u32,
    /// Groups in the sender's address.
    pub from_groups: u32,
}

fn kernel_address() -> libc::sockaddr_nl {
    // SAFETY: All-zero is a valid sockaddr_nl.
    let mut addr: libc::sockaddr_nl = unsafe { mem::zeroed() };
    addr.nl_family = libc::AF_NETLINK as u16;
    addr
}
