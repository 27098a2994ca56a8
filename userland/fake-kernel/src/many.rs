// SPDX-License-Identifier: MIT OR Apache-2.0
//! More objects than a table of the fake kernel should hold.

use std::io;

use nfacct_netlink::transport::{Datagram, Transport};

use crate::PORT;

/// A socket to a kernel with many objects, which makes them up while it is asked for them.
pub struct Many {
    objects: u32,
    sequence: u32,
    next: u32,
}

fn attribute(message: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    message.extend(u16::try_from(payload.len() + 4).expect("it fits").to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(payload);
    message.resize(message.len().next_multiple_of(4), 0);
}

impl Many {
    /// So many objects.
    #[must_use]
    pub fn new(objects: u32) -> Self {
        Self {
            objects,
            sequence: 0,
            next: 0,
        }
    }

    fn message(&self, kind: u16, payload: &[u8]) -> Vec<u8> {
        const MULTI: u16 = 2;
        let len = u32::try_from(16 + payload.len()).expect("it fits");
        let head = [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &MULTI.to_ne_bytes()].concat();
        [&head, &self.sequence.to_ne_bytes()[..], &PORT.to_ne_bytes(), payload].concat()
    }

    fn object(&self) -> Vec<u8> {
        let mut payload = vec![0; 4];
        attribute(&mut payload, 1, format!("object-{:07}\0", self.next).as_bytes());
        attribute(&mut payload, 2, &u64::from(self.next).to_be_bytes());
        attribute(&mut payload, 3, &u64::from(self.next).to_be_bytes());
        attribute(&mut payload, 4, &1u32.to_be_bytes());
        self.message(0x700, &payload)
    }
}

impl Transport for Many {
    fn port(&self) -> u32 {
        PORT
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let number = datagram.get(8..12).expect("it fits");
        self.sequence = u32::from_ne_bytes(number.try_into().expect("it fits"));
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        let mut datagram = Vec::with_capacity(buffer.len());
        while self.next < self.objects && datagram.len() + 100 < buffer.len() {
            datagram.extend(self.object());
            self.next += 1;
        }
        if datagram.is_empty() {
            datagram = self.message(3, &[0; 4]);
        }
        let len = datagram.len();
        buffer.get_mut(..len).expect("it fits").copy_from_slice(&datagram);
        Ok(Datagram { len, sender: 0 })
    }

    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.receive(buffer)
    }

    fn join(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }
}
