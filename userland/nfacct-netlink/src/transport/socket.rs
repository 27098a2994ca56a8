// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real thing: neli's raw socket.
//!
//! Receiving goes through `recvmsg` of nix instead of neli: neli 0.7.5 reports neither the port of the sender nor
//! a truncated datagram.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    os::fd::{AsFd, AsRawFd},
};

use neli::{
    consts::socket::{Msg, NlFamily},
    socket::NlSocket,
    utils::Groups,
};
use nix::{
    sched::{CloneFlags, setns},
    sys::socket::{MsgFlags, NetlinkAddr, recvmsg},
};

use super::{Datagram, Transport};
use crate::{Error, error::SocketStep};

/// A netlink socket for the netfilter subsystems, in the network namespace of the thread that opened it.
pub struct NetlinkSocket {
    socket: NlSocket,
    port: u32,
}

impl NetlinkSocket {
    /// Opens a socket and binds it to a free port.
    pub fn open() -> Result<Self, Error> {
        let socket = NlSocket::new(NlFamily::Netfilter).map_err(Error::socket(SocketStep::Open))?;
        socket
            .bind(None, Groups::empty())
            .map_err(Error::socket(SocketStep::Bind))?;
        // Kernels before 4.12 have no extended ACKs; their refusals just come without a text.
        let _ = socket.enable_ext_ack(true);
        let port = socket.pid().map_err(Error::socket(SocketStep::Bind))?;
        Ok(Self { socket, port })
    }

    /// Opens a socket in another network namespace, given as an open file like `/run/netns/NAME` or
    /// `/proc/PID/ns/net`. Only this thread goes there, and it comes back at once.
    pub fn open_in(namespace: impl AsFd) -> Result<Self, Error> {
        let failed = || Error::socket(SocketStep::Namespace);
        let home = File::open("/proc/thread-self/ns/net").map_err(failed())?;
        let enter = |to| setns(to, CloneFlags::CLONE_NEWNET).map_err(|errno| failed()(errno.into()));
        enter(namespace.as_fd())?;
        let socket = Self::open();
        enter(home.as_fd())?;
        socket
    }

    /// Asks for a receive queue of this size (`SO_RCVBUF`), so that more messages can wait.
    pub fn set_queue_size(&self, bytes: usize) -> io::Result<()> {
        self.socket.set_recv_buffer_size(bytes)
    }

    fn receive_with(&self, buffer: &mut [u8], flags: MsgFlags) -> io::Result<Datagram> {
        let mut buffer = [IoSliceMut::new(buffer)];
        // With MSG_TRUNC the kernel tells the real size of a datagram that did not fit.
        let flags = flags | MsgFlags::MSG_TRUNC;
        let message = recvmsg::<NetlinkAddr>(self.socket.as_raw_fd(), &mut buffer, None, flags)?;
        Ok(Datagram {
            len: message.bytes,
            sender: message.address.map_or(0, |address| address.pid()),
        })
    }
}

impl Transport for NetlinkSocket {
    fn port(&self) -> u32 {
        self.port
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.socket.send(datagram, Msg::empty()).map(|_| ())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.receive_with(buffer, MsgFlags::empty())
    }

    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.receive_with(buffer, MsgFlags::MSG_DONTWAIT)
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        self.socket.add_mcast_membership(Groups::new_groups(&[group]))
    }
}
