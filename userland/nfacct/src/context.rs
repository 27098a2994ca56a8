// SPDX-License-Identifier: MIT OR Apache-2.0
//! The outside world as a command sees it, so that tests can replace it.

use std::io::{BufRead, Write};

use nfacct_netlink::{Client, Error, Monitor, Transport, transport::NetlinkSocket};

/// Opens sockets to the kernel.
pub trait Sockets {
    /// A new socket.
    fn open(&mut self) -> Result<Box<dyn Transport>, Error>;
}

/// Sockets to the running kernel, in the network namespace of the process.
pub struct RealSockets;

impl Sockets for RealSockets {
    fn open(&mut self) -> Result<Box<dyn Transport>, Error> {
        Ok(Box::new(NetlinkSocket::open()?))
    }
}

/// Everything that a command may touch.
pub struct Context<'a> {
    /// Standard input.
    pub input: &'a mut dyn BufRead,
    /// Standard output, unbuffered.
    pub output: &'a mut dyn Write,
    /// Is it a terminal? Then names must not control it.
    pub output_is_terminal: bool,
    /// Standard error.
    pub errors: &'a mut dyn Write,
    /// The way to the kernel.
    pub sockets: &'a mut dyn Sockets,
}

impl Context<'_> {
    pub(crate) fn client(&mut self) -> Result<Client<Box<dyn Transport>>, Error> {
        self.sockets.open().map(Client::new)
    }

    pub(crate) fn monitor(&mut self) -> Result<Monitor<Box<dyn Transport>>, Error> {
        self.sockets.open().and_then(Monitor::subscribe)
    }
}
