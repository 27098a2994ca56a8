// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sending and receiving with the habits of netlink: interrupted calls, full queues, truncation, foreign senders.

use std::io;

use nix::errno::Errno;

use crate::{
    Error,
    error::SocketStep,
    transport::{Datagram, Transport},
};

/// The largest answer that the kernel sends; with less room it needs many more system calls for a dump.
const BUFFER: usize = 32 * 1024;

/// A transport with a receive buffer.
pub(crate) struct Receiver<T> {
    transport: T,
    buffer: Box<[u8]>,
}

impl<T: Transport> Receiver<T> {
    pub(crate) fn new(transport: T) -> Self {
        Self {
            transport,
            buffer: vec![0; BUFFER].into_boxed_slice(),
        }
    }

    pub(crate) fn transport(&self) -> &T {
        &self.transport
    }

    pub(crate) fn send(&mut self, datagram: &[u8]) -> Result<(), Error> {
        retry(|| self.transport.send(datagram)).map_err(Error::socket(SocketStep::Send))
    }

    /// The next datagram from the kernel. What other processes send is dropped.
    pub(crate) fn receive(&mut self) -> Result<&[u8], Error> {
        self.receive_by(T::receive)
    }

    /// The same, but without waiting for it.
    pub(crate) fn receive_now(&mut self) -> Result<&[u8], Error> {
        self.receive_by(T::receive_now)
    }

    fn receive_by(&mut self, call: impl Fn(&mut T, &mut [u8]) -> io::Result<Datagram>) -> Result<&[u8], Error> {
        loop {
            let received = match retry(|| call(&mut self.transport, &mut self.buffer)) {
                Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => {
                    return Err(Error::Overrun);
                }
                other => other.map_err(Error::socket(SocketStep::Receive))?,
            };
            if received.sender != 0 {
                continue;
            }
            let room = self.buffer.len();
            return self.buffer.get(..received.len).ok_or(Error::Truncated {
                len: received.len,
                room,
            });
        }
    }
}

fn retry<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
