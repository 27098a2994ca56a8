// SPDX-License-Identifier: MIT OR Apache-2.0
//! A transport that replays recorded bytes: tests and examples need neither root nor a kernel.

use std::{collections::VecDeque, io};

use super::{Datagram, Transport};

/// Plays a script of datagrams and errors, and keeps what was sent.
///
/// ```
/// use nfacct_netlink::transport::{Recorded, Transport};
///
/// let mut transport = Recorded::new(7).datagram(b"abc").errno(4);
/// let mut buffer = [0; 2];
/// assert_eq!(transport.receive(&mut buffer)?.len, 3); // one byte did not fit
/// assert_eq!(&buffer, b"ab");
/// assert_eq!(transport.receive(&mut buffer).unwrap_err().raw_os_error(), Some(4));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Recorded {
    port: u32,
    script: VecDeque<Result<(Vec<u8>, u32), i32>>,
    sent: Vec<Vec<u8>>,
    groups: Vec<u32>,
}

impl Recorded {
    /// An empty script for a socket with this port.
    #[must_use]
    pub fn new(port: u32) -> Self {
        Self {
            port,
            ..Self::default()
        }
    }

    /// Next comes a datagram from the kernel.
    #[must_use]
    pub fn datagram(self, bytes: &[u8]) -> Self {
        self.datagram_from(0, bytes)
    }

    /// Next comes a datagram from some other port.
    #[must_use]
    pub fn datagram_from(mut self, sender: u32, bytes: &[u8]) -> Self {
        self.script.push_back(Ok((bytes.to_vec(), sender)));
        self
    }

    /// Next a receive fails with this error number.
    #[must_use]
    pub fn errno(mut self, errno: i32) -> Self {
        self.script.push_back(Err(errno));
        self
    }

    /// The datagrams that were sent.
    #[must_use]
    pub fn sent(&self) -> &[Vec<u8>] {
        &self.sent
    }

    /// The groups that were joined.
    #[must_use]
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }
}

impl Transport for Recorded {
    fn port(&self) -> u32 {
        self.port
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.sent.push(datagram.to_vec());
        Ok(())
    }

    /// At the end of the script there is nothing more to wait for: an error, where a socket would wait for ever.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        match self.script.pop_front() {
            Some(Ok((bytes, sender))) => {
                for (to, from) in buffer.iter_mut().zip(&bytes) {
                    *to = *from;
                }
                Ok(Datagram {
                    len: bytes.len(),
                    sender,
                })
            }
            Some(Err(errno)) => Err(io::Error::from_raw_os_error(errno)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.receive(buffer)
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        self.groups.push(group);
        Ok(())
    }
}
