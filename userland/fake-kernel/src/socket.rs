// SPDX-License-Identifier: MIT OR Apache-2.0
//! A socket to the fake kernel: requests are served when they are sent, answers wait until they are read.

use std::{collections::VecDeque, io};

use nfacct_netlink::transport::{Datagram, Transport};

use crate::{
    FakeKernel, State,
    wire::{self, Message},
};

/// Answers of a dump are packed into datagrams of up to this size, so that a few hundred objects need several.
const DATAGRAM: usize = 4096;

/// Port of every socket.
pub const PORT: u32 = 4711;

/// A netlink socket that ends in a [`FakeKernel`].
pub struct FakeSocket {
    kernel: FakeKernel,
    answers: VecDeque<Vec<u8>>,
    member: bool,
}

impl FakeSocket {
    pub(crate) fn new(kernel: FakeKernel) -> Self {
        Self {
            kernel,
            answers: VecDeque::new(),
            member: false,
        }
    }

    fn serve(&mut self, state: &mut State, request: &Message) {
        let result = match state.refuse {
            Some(errno) => Err(errno),
            None => self.answer(state, request),
        };
        let errno = result.err().unwrap_or(0);
        if errno != 0 || (request.flags & wire::ACK != 0 && !is_dump(request)) {
            self.answers.push_back(wire::status(request, errno, PORT, !state.terse));
        }
    }

    fn answer(&mut self, state: &mut State, request: &Message) -> Result<(), i32> {
        let reset = request.kind == 0x702;
        match request.kind {
            0x700 => {
                if let Some((name, times)) = &mut state.full {
                    if *times > 0 && request.wanted.name.as_deref() == Some(name) {
                        *times -= 1;
                        return Err(crate::table::ENOMEM);
                    }
                }
                let (exclusive, replace) = (request.flags & wire::EXCL != 0, request.flags & wire::REPLACE != 0);
                state.table.create(&request.wanted, exclusive, replace)
            }
            0x701 | 0x702 if is_dump(request) => {
                let objects = state.table.dump(&request.wanted, reset)?;
                let mut flags = wire::MULTI;
                if state.interrupted_dumps > 0 {
                    state.interrupted_dumps -= 1;
                    flags |= wire::DUMP_INTR;
                }
                let mut datagram = Vec::new();
                for object in &objects {
                    let bytes = wire::object(object, flags, request.seq, PORT);
                    if datagram.len() + bytes.len() > DATAGRAM {
                        self.answers.push_back(std::mem::take(&mut datagram));
                    }
                    datagram.extend(bytes);
                }
                if !datagram.is_empty() {
                    self.answers.push_back(datagram);
                }
                self.answers.push_back(wire::done(flags, request.seq, PORT));
                Ok(())
            }
            0x701 | 0x702 => {
                let object = state.table.get(&request.wanted, reset)?;
                let bytes = wire::object(&object, wire::MULTI, request.seq, PORT);
                self.answers.push_back(bytes);
                Ok(())
            }
            wire::COMPAT => match (&state.revisions, request.revision) {
                (None, _) => Err(crate::table::EINVAL),
                (Some(revisions), Some(revision)) if revisions.contains(&revision) => {
                    self.answers.push_back(wire::compat(request.seq, PORT));
                    Ok(())
                }
                _ => Err(crate::table::ENOENT),
            },
            0x703 => state.table.delete(&request.wanted),
            _ => Err(crate::table::EINVAL),
        }
    }
}

fn is_dump(request: &Message) -> bool {
    matches!(request.kind, 0x701 | 0x702) && request.flags & wire::DUMP != 0
}

impl Transport for FakeSocket {
    fn port(&self) -> u32 {
        PORT
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let kernel = self.kernel.clone();
        let mut state = kernel.state();
        for request in wire::parse(datagram) {
            self.serve(&mut state, &request);
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        let mut state = self.kernel.state();
        if !state.faults.is_empty() {
            return Err(io::Error::from_raw_os_error(state.faults.remove(0)));
        }
        if self.member && !state.events.is_empty() {
            self.answers.push_back(state.events.remove(0));
        }
        let datagram = self.answers.pop_front().ok_or(io::ErrorKind::UnexpectedEof)?;
        for (to, from) in buffer.iter_mut().zip(&datagram) {
            *to = *from;
        }
        Ok(Datagram {
            len: datagram.len(),
            sender: 0,
        })
    }

    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.receive(buffer)
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        if let Some(errno) = self.kernel.state().refuse {
            return Err(io::Error::from_raw_os_error(errno));
        }
        self.member |= group == 8;
        Ok(())
    }
}
