// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests and their answers: sequence numbers, multi-part answers, errors.

mod batch;

pub use batch::BATCH;

use std::time::{SystemTime, UNIX_EPOCH};

use neli::consts::{
    genl::NlAttrType,
    nl::{NlType, NlmF, Nlmsg},
};

use crate::{
    Error, KernelError, Name, Object, ObjectRef,
    framing::{RawMessage, messages},
    message::{AcctMsg, Request},
    receive::Receiver,
    request::{Delete, Get, List, NewObject},
    transport::{NetlinkSocket, Transport},
};

/// A connection to the accounting subsystem of one network namespace.
///
/// Every request waits for its answer. Left-over answers of an earlier request that ended in an error are recognised
/// by their number and dropped.
pub struct Client<T: Transport = NetlinkSocket> {
    receiver: Receiver<T>,
    /// Number of the first request.
    first: u32,
    /// Number of the next request.
    next: u32,
}

impl Client {
    /// Opens a socket in the current network namespace. The kernel wants `CAP_NET_ADMIN` for every request.
    pub fn open() -> Result<Self, Error> {
        NetlinkSocket::open().map(Self::new)
    }
}

impl<T: Transport> Client<T> {
    /// A client on `transport`, numbering its requests from the current time on, as the C tool does.
    pub fn new(transport: T) -> Self {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        // The low 32 bits are as good a start as any.
        #[allow(clippy::cast_possible_truncation)]
        Self::with_sequence(transport, seconds as u32)
    }

    /// A client that numbers its requests from `first` on; recorded answers need that.
    pub fn with_sequence(transport: T, first: u32) -> Self {
        Self {
            receiver: Receiver::new(transport),
            first,
            next: first,
        }
    }

    /// The transport, to look at a recording.
    pub fn transport(&self) -> &T {
        self.receiver.transport()
    }

    /// Creates an object.
    ///
    /// ```
    /// # use nfacct_netlink::{Client, Name, NewObject, transport::Recorded};
    /// # // NLMSG_ERROR 0, capped
    /// # let ack = [
    /// #     &36u32.to_ne_bytes()[..], &2u16.to_ne_bytes(), &0x100u16.to_ne_bytes(), &1u32.to_ne_bytes(),
    /// #     &7u32.to_ne_bytes(), &0i32.to_ne_bytes(), &[0; 16]].concat();
    /// # let transport = Recorded::new(7).datagram(&ack);
    /// let mut client = Client::with_sequence(transport, 1);
    /// client.create(&NewObject::new(Name::new("http")?))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create(&mut self, object: &NewObject) -> Result<(), Error> {
        self.execute(object.request()?, |_| {})
    }

    /// Reads an object.
    pub fn get(&mut self, name: &Name) -> Result<Object, Error> {
        self.fetch(Get::new(*name))
    }

    /// Reads an object and resets it in one step: no packet is lost between the two.
    pub fn take(&mut self, name: &Name) -> Result<Object, Error> {
        self.fetch(Get::new(*name).reset())
    }

    fn fetch(&mut self, request: Get) -> Result<Object, Error> {
        let mut found = None;
        let result = self.execute(request.request()?, |object| {
            found = Some(object.to_object());
        });
        match (found, result) {
            // Whatever happened after it: this is the answer, and after a reset the only trace of the counts.
            (Some(object), _) => Ok(object),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::Malformed("no object in the answer")),
        }
    }

    /// Calls `each` for every object, in the order of creation, without collecting them.
    ///
    /// On an error the objects that were delivered are valid; after a reset their counts exist nowhere else. That is
    /// why the answers to a reset are read on after an error, as far as they are there.
    pub fn for_each(&mut self, list: &List, each: impl FnMut(ObjectRef<'_>)) -> Result<(), Error> {
        self.execute(list.request()?, each)
    }

    /// Collects the objects.
    pub fn list(&mut self, list: &List) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        self.for_each(list, |object| objects.push(object.to_object()))?;
        Ok(objects)
    }

    /// Deletes an object; the kernel answers `EBUSY` if a rule uses it.
    pub fn delete(&mut self, name: &Name) -> Result<(), Error> {
        self.execute(Delete::one(*name).request()?, |_| {})
    }

    /// Deletes all objects that no rule uses.
    pub fn delete_all(&mut self) -> Result<(), Error> {
        self.execute(Delete::all_unused().request()?, |_| {})
    }

    /// Sends a request and handles everything that comes back for it.
    fn execute(&mut self, request: Request, mut each: impl FnMut(ObjectRef<'_>)) -> Result<(), Error> {
        self.exchange(request, |message| {
            if AcctMsg::from(message.kind) != AcctMsg::New {
                return Err(Error::Malformed("type of a message"));
            }
            ObjectRef::parse(message.payload).map(&mut each)
        })
    }

    /// Sends a request, gives its answers to `each`, and comes back at the end of them.
    ///
    /// What a reset has read exists nowhere else. So the answers to one are read on after an error, as far as they are
    /// there.
    pub(crate) fn exchange<K: NlType, A: NlAttrType>(
        &mut self,
        request: Request<K, A>,
        mut each: impl FnMut(&RawMessage<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let seq = self.next;
        self.next = self.next.wrapping_add(1);
        let (dump, reset) = (request.is_dump(), request.is_reset());
        let request = request.encode(seq)?;
        self.receiver.send(&request)?;

        let exchange = Exchange {
            first: self.first,
            seq,
            port: self.receiver.transport().port(),
            request: &request,
        };
        let mut interrupted = false;
        let mut failure = None;
        loop {
            let received = match failure {
                None => self.receiver.receive(),
                // What has failed may have been the end.
                Some(_) => self.receiver.receive_now(),
            };
            let datagram = match received {
                Ok(datagram) => datagram,
                Err(error @ (Error::Overrun | Error::Truncated { .. })) if reset => {
                    failure.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(failure.unwrap_or(error)),
            };
            for message in messages(datagram) {
                let step = message.and_then(|message| {
                    if !exchange.concerns(&message)? {
                        return Ok(Step::Nothing);
                    }
                    interrupted |= dump && message.flags.contains(NlmF::DUMP_INTR);
                    match exchange.classify(&message, dump)? {
                        Step::Answer => each(&message).map(|()| Step::Nothing),
                        step => Ok(step),
                    }
                });
                match step {
                    Ok(Step::End) if interrupted => return Err(failure.unwrap_or(Error::DumpInterrupted)),
                    Ok(Step::End) => return failure.map_or(Ok(()), Err),
                    Ok(_) => {}
                    Err(error) if reset && !matches!(error, Error::Kernel(_)) => {
                        failure.get_or_insert(error);
                    }
                    Err(error) => return Err(failure.unwrap_or(error)),
                }
            }
        }
    }
}

/// What answers are compared with.
struct Exchange<'a> {
    first: u32,
    seq: u32,
    port: u32,
    request: &'a [u8],
}

/// What a message means.
enum Step {
    /// Something of the subsystem.
    Answer,
    Nothing,
    End,
}

impl Exchange<'_> {
    /// Is this an answer to our request? Left-overs of earlier ones are not; anything else is an error.
    fn concerns(&self, message: &RawMessage<'_>) -> Result<bool, Error> {
        if message.port != self.port {
            return Err(Error::Port {
                expected: self.port,
                found: message.port,
            });
        }
        if message.seq == self.seq {
            return Ok(true);
        }
        let age = self.seq.wrapping_sub(self.first);
        if message.seq.wrapping_sub(self.first) < age {
            return Ok(false);
        }
        Err(Error::Sequence {
            expected: self.seq,
            found: message.seq,
        })
    }

    fn classify(&self, message: &RawMessage<'_>, dump: bool) -> Result<Step, Error> {
        if message.is_control(Nlmsg::Error) {
            self.status(message, true)
                .map(|()| if dump { Step::Nothing } else { Step::End })
        } else if message.is_control(Nlmsg::Done) {
            self.status(message, false).map(|()| Step::End)
        } else if message.is_control(Nlmsg::Overrun) {
            Err(Error::Overrun)
        } else if message.is_control(Nlmsg::Noop) {
            Ok(Step::Nothing)
        } else {
            Ok(Step::Answer)
        }
    }

    /// The error number at the start of `NLMSG_ERROR` and `NLMSG_DONE`. Only the latter may lack it.
    fn status(&self, message: &RawMessage<'_>, has_request: bool) -> Result<(), Error> {
        let Some((code, rest)) = message.payload.split_first_chunk() else {
            return if has_request {
                Err(Error::Malformed("error message without a number"))
            } else {
                Ok(())
            };
        };
        match i32::from_ne_bytes(*code) {
            0 => Ok(()),
            code => {
                let tlvs = KernelError::tlvs(message.flags, rest, has_request);
                Err(KernelError::new(code.wrapping_neg(), tlvs, self.request).into())
            }
        }
    }
}
