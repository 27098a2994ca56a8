// SPDX-License-Identifier: GPL-2.0-only
//! A raw sender of `nfnetlink_acct` requests: what it costs is mostly the kernel.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const SUBSYSTEM: u16 = 7 << 8;
const NEW: u16 = SUBSYSTEM;
const GET: u16 = SUBSYSTEM | 1;
const GET_CTRZERO: u16 = SUBSYSTEM | 2;
const DEL: u16 = SUBSYSTEM | 3;
const REQUEST: u16 = 1;
const CREATE: u16 = 0x400;
const DUMP: u16 = 0x300;
const NAME: u16 = 1;
const PKTS: u16 = 2;
const BYTES_COUNTED: u16 = 3;
const FLAGS: u16 = 5;
const QUOTA: u16 = 6;
const FILTER: u16 = 7;
const NESTED: u16 = 0x8000;
const DONE: u16 = 3;
const ERROR: u16 = 2;

/// `NFACCT_F_QUOTA_PKTS`.
pub const PACKETS: u32 = 1;
/// `NFACCT_F_QUOTA_BYTES`.
pub const BYTES: u32 = 2;

/// Requests in one send.
const BATCH: usize = 200;

/// One request.
pub struct Request(Vec<u8>);

impl Request {
    fn new(kind: u16, flags: u16) -> Self {
        let mut bytes = vec![0; 20];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(flags | REQUEST).to_ne_bytes());
        Self(bytes).sized()
    }

    fn sized(mut self) -> Self {
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self
    }

    fn with(mut self, attribute: u16, payload: &[u8]) -> Self {
        self.0.extend((payload.len() as u16 + 4).to_ne_bytes());
        self.0.extend(attribute.to_ne_bytes());
        self.0.extend(payload);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.sized()
    }

    fn named(kind: u16, flags: u16, name: &str) -> Self {
        let mut terminated = name.as_bytes().to_vec();
        terminated.push(0);
        Self::new(kind, flags).with(NAME, &terminated)
    }

    /// Creates an object.
    pub fn add(name: &str) -> Self {
        Self::named(NEW, CREATE, name)
    }

    /// Creates an object with a quota.
    pub fn add_quota(name: &str, flag: u32, limit: u64) -> Self {
        Self::add(name)
            .with(FLAGS, &flag.to_be_bytes())
            .with(QUOTA, &limit.to_be_bytes())
    }

    /// Reports an object.
    pub fn get(name: &str) -> Self {
        Self::named(GET, 0, name)
    }

    /// Deletes an object.
    pub fn delete(name: &str) -> Self {
        Self::named(DEL, 0, name)
    }

    /// Deletes all objects.
    pub fn flush() -> Self {
        Self::new(DEL, 0)
    }

    /// Reports all objects.
    pub fn dump() -> Self {
        Self::new(GET, DUMP)
    }

    /// Reports and resets all objects.
    pub fn reset_dump() -> Self {
        Self::new(GET_CTRZERO, DUMP)
    }

    /// Reports all objects with a quota.
    pub fn filtered_dump() -> Self {
        let both = (PACKETS | BYTES).to_be_bytes();
        // Mask and value; a nest holds attributes as a request does.
        let nest = Self(Vec::from([0; 4])).with(1, &both).with(2, &both);
        Self::dump().with(FILTER | NESTED, &nest.0[4..])
    }
}

/// A socket in the caller's namespace.
pub struct Socket(OwnedFd);

impl Socket {
    /// Opens a socket.
    pub fn open() -> Self {
        // SAFETY: Plain system call; the result is checked before use.
        let fd = unsafe {
            libc::socket(
                libc::AF_NETLINK,
                libc::SOCK_RAW | libc::SOCK_CLOEXEC,
                libc::NETLINK_NETFILTER,
            )
        };
        assert!(fd >= 0, "netlink: {}", io::Error::last_os_error());
        // SAFETY: The descriptor was just made and nobody else owns it.
        Self(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    fn send(&self, bytes: &[u8]) {
        // SAFETY: The buffer is valid for its length.
        let sent = unsafe { libc::send(self.0.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
        assert_eq!(
            sent,
            isize::try_from(bytes.len()).unwrap_or(-1),
            "send: {}",
            io::Error::last_os_error()
        );
    }

    fn receive<'a>(&self, buffer: &'a mut [u8], flags: i32) -> Option<&'a [u8]> {
        // SAFETY: The buffer is valid for its length.
        let got = unsafe {
            libc::recv(
                self.0.as_raw_fd(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                flags | libc::MSG_TRUNC,
            )
        };
        let got = usize::try_from(got).ok()?;
        assert!(
            got <= buffer.len(),
            "a part of {got} bytes for {}",
            buffer.len()
        );
        Some(&buffer[..got])
    }

    /// Sends batches of requests that bring an answer only if they fail.
    pub fn send_all(&self, batches: &[Vec<u8>]) {
        for batch in batches {
            self.send(batch);
        }
        let mut buffer = [0; 4096];
        let answer = self.receive(&mut buffer, libc::MSG_DONTWAIT);
        assert_eq!(answer, None, "a request failed");
    }

    /// Sends one request and takes the report of one object.
    pub fn ask(&self, request: &Request, buffer: &mut [u8]) {
        self.send(&request.0);
        let answer = self.receive(buffer, 0).expect("an answer");
        assert_eq!(kind(answer), NEW, "no report");
    }

    /// Reports and resets an object; returns its packets and bytes.
    pub fn take(&self, name: &str) -> (u64, u64) {
        let mut buffer = [0; 4096];
        self.send(&Request::named(GET_CTRZERO, 0, name).0);
        let answer = self.receive(&mut buffer, 0).expect("an answer");
        assert_eq!(kind(answer), NEW, "no report");
        let counter = |attribute| attribute_of(&answer[20..], attribute);
        (counter(PKTS), counter(BYTES_COUNTED))
    }

    /// Does a dump with reads of `size` bytes; returns the number of objects.
    pub fn dump(&self, request: &Request, size: usize) -> u32 {
        let mut buffer = vec![0; size];
        let mut count = 0;
        self.send(&request.0);
        loop {
            let mut part = self.receive(&mut buffer, 0).expect("a part");
            while part.len() >= 16 {
                match kind(part) {
                    NEW => count += 1,
                    DONE => return count,
                    ERROR => panic!("the dump failed"),
                    other => panic!("message of kind {other}"),
                }
                let length = u32::from_ne_bytes(part[..4].try_into().expect("four bytes"));
                part = &part[(length as usize).next_multiple_of(4).min(part.len())..];
            }
        }
    }
}

fn kind(message: &[u8]) -> u16 {
    u16::from_ne_bytes([message[4], message[5]])
}

/// The 64-bit number in an attribute.
fn attribute_of(mut attributes: &[u8], wanted: u16) -> u64 {
    while attributes.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([attributes[0], attributes[1]]));
        if u16::from_ne_bytes([attributes[2], attributes[3]]) == wanted {
            return u64::from_be_bytes(attributes[4..12].try_into().expect("eight bytes"));
        }
        attributes = &attributes[length.next_multiple_of(4).clamp(4, attributes.len())..];
    }
    panic!("the report lacks attribute {wanted}");
}

/// Puts requests together, `BATCH` for a send.
pub fn batches(requests: &[Request]) -> Vec<Vec<u8>> {
    requests
        .chunks(BATCH)
        .map(|chunk| chunk.iter().flat_map(|r| r.0.iter().copied()).collect())
        .collect()
}
