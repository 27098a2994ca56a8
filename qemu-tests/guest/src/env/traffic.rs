// SPDX-License-Identifier: GPL-2.0-only
//! UDP over loopback: each datagram is one packet in OUTPUT and one in INPUT.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// A sender and the receiver that keeps ICMP errors away.
pub struct Udp {
    sender: UdpSocket,
    receiver: UdpSocket,
    target: SocketAddr,
    headers: u64,
}

impl Udp {
    /// Over 127.0.0.1.
    pub fn v4() -> Self {
        Self::new((Ipv4Addr::LOCALHOST, 0).into(), 28)
    }

    /// Over `::1`.
    pub fn v6() -> Self {
        Self::new((Ipv6Addr::LOCALHOST, 0).into(), 48)
    }

    fn new(any_port: SocketAddr, headers: u64) -> Self {
        let receiver = UdpSocket::bind(any_port).expect("receiver");
        Self {
            sender: UdpSocket::bind(any_port).expect("sender"),
            target: receiver.local_addr().expect("address"),
            receiver,
            headers,
        }
    }

    /// Length of an IP packet with `payload` bytes of data.
    pub fn packet(&self, payload: u64) -> u64 {
        payload + self.headers
    }

    /// Sends one datagram; EPERM if a rule drops it on its way out.
    pub fn try_send(&self, payload: usize) -> io::Result<()> {
        self.sender
            .send_to(&[0u8; 2048][..payload], self.target)
            .map(|_| ())
    }

    /// Sends datagrams that no rule may drop.
    #[track_caller]
    pub fn send(&self, count: u64, payload: usize) {
        for _ in 0..count {
            self.try_send(payload).expect("datagram");
        }
    }

    /// How many datagrams wait at the receiver; takes them.
    pub fn received(&self) -> u64 {
        self.receiver.set_nonblocking(true).expect("nonblocking");
        let mut buf = [0u8; 2048];
        let mut count = 0;
        while self.receiver.recv(&mut buf).is_ok() {
            count += 1;
        }
        count
    }
}
