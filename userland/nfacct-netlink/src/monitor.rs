// SPDX-License-Identifier: MIT OR Apache-2.0
//! Over-quota events.
//!
//! neli's router cannot serve here: the kernel sends these events without the number of the group in the sender's
//! address, so the router takes them for answers with a wrong sequence number.

use std::collections::VecDeque;

use crate::{
    Error, Object, ObjectRef,
    error::SocketStep,
    framing::messages,
    message::{AcctMsg, GROUP_ACCT_QUOTA},
    receive::Receiver,
    transport::{NetlinkSocket, Transport},
};

/// Waits for objects to reach their quota.
pub struct Monitor<T: Transport = NetlinkSocket> {
    receiver: Receiver<T>,
    /// Events of the last datagram that were not asked for yet.
    waiting: VecDeque<Object>,
}

impl Monitor {
    /// Subscribes in the current network namespace.
    pub fn open() -> Result<Self, Error> {
        Self::subscribe(NetlinkSocket::open()?)
    }
}

impl<T: Transport> Monitor<T> {
    /// Joins the group of the events.
    pub fn subscribe(mut transport: T) -> Result<Self, Error> {
        transport
            .join(GROUP_ACCT_QUOTA)
            .map_err(Error::socket(SocketStep::Join))?;
        Ok(Self {
            receiver: Receiver::new(transport),
            waiting: VecDeque::new(),
        })
    }

    /// The transport, to look at a recording.
    pub fn transport(&self) -> &T {
        self.receiver.transport()
    }

    /// Waits for the next event: the object as it was when it reached its quota.
    ///
    /// [`Error::Overrun`] and [`Error::Malformed`] do not end the subscription: call again. After an overrun,
    /// events are missing; a list with [`crate::Filter::OVER_QUOTA`] shows what they were about.
    pub fn next_event(&mut self) -> Result<Object, Error> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            for message in messages(self.receiver.receive()?) {
                let message = message?;
                // Events have neither a number nor an addressee; all else was not meant for us.
                if message.seq == 0 && message.port == 0 && AcctMsg::from(message.kind) == AcctMsg::New {
                    self.waiting.push_back(ObjectRef::parse(message.payload)?.to_object());
                }
            }
        }
    }
}
