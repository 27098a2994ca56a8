// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the bytes go: a netlink socket, or a recording.

mod recorded;
mod socket;

pub use recorded::Recorded;
pub use socket::NetlinkSocket;

use std::io;

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its size; more than the buffer has room for means that the rest is lost.
    pub len: usize,
    /// Netlink port of the sender; the kernel is 0.
    pub sender: u32,
}

/// A netlink socket, as far as a client needs one.
///
/// Errors are those of the system calls. `EINTR` and `ENOBUFS` may come and are handled by the caller.
pub trait Transport {
    /// The port that answers are addressed to.
    fn port(&self) -> u32;

    /// Sends one datagram, which may hold several messages, to the kernel.
    fn send(&mut self, datagram: &[u8]) -> io::Result<()>;

    /// Waits for a datagram and puts as much of it into `buffer` as fits.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram>;

    /// The same, but if there is no datagram yet it does not wait: `EAGAIN`.
    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram>;

    /// Joins a multicast group.
    fn join(&mut self, group: u32) -> io::Result<()>;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn port(&self) -> u32 {
        (**self).port()
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        (**self).send(datagram)
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        (**self).receive(buffer)
    }

    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        (**self).receive_now(buffer)
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        (**self).join(group)
    }
}
