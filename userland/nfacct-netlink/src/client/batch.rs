// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many objects at once.

use neli::consts::nl::NlmF;

use super::{Client, Exchange};
use crate::{Error, KernelError, NewObject, framing::messages, transport::Transport};

/// So many requests go into one datagram of [`Client::create_all`]: even if all of them are refused, the answers fit
/// into the smallest receive queue in use.
pub const BATCH: usize = 100;

impl<T: Transport> Client<T> {
    /// Creates many objects with few system calls: up to [`BATCH`] requests go out together, and only the last of
    /// them asks for an ACK. Calls `refused` with the index of every object that the kernel did not create; the others
    /// are created all the same.
    pub fn create_all(
        &mut self,
        objects: &[NewObject],
        mut refused: impl FnMut(usize, KernelError),
    ) -> Result<(), Error> {
        for (number, batch) in objects.chunks(BATCH).enumerate() {
            self.create_batch(batch, |index, error| refused(number * BATCH + index, error))?;
        }
        Ok(())
    }

    fn create_batch(&mut self, batch: &[NewObject], mut refused: impl FnMut(usize, KernelError)) -> Result<(), Error> {
        let base = self.next;
        let mut datagram = Vec::new();
        let mut starts = Vec::with_capacity(batch.len());
        for (index, object) in batch.iter().enumerate() {
            let mut request = object.request()?;
            if index + 1 < batch.len() {
                request.flags -= NlmF::ACK;
            }
            starts.push(datagram.len());
            datagram.extend(request.encode(self.next)?);
            self.next = self.next.wrapping_add(1);
        }
        self.receiver.send(&datagram)?;

        let port = self.receiver.transport().port();
        let (first, last) = (self.first, self.next.wrapping_sub(1));
        loop {
            let received = self.receiver.receive()?;
            for message in messages(received) {
                let message = message?;
                // Which of our requests does it answer? That of the last one, or a refusal of an earlier one.
                let index = usize::try_from(message.seq.wrapping_sub(base)).unwrap_or(usize::MAX);
                let (seq, start) = match starts.get(index) {
                    Some(start) => (message.seq, *start),
                    None => (last, 0),
                };
                let exchange = Exchange {
                    first,
                    seq,
                    port,
                    request: datagram.get(start..).unwrap_or_default(),
                };
                if !exchange.concerns(&message)? {
                    continue;
                }
                match exchange.classify(&message, false) {
                    Err(Error::Kernel(error)) => refused(index, error),
                    other => {
                        other?;
                    }
                }
                if message.seq == last {
                    return Ok(());
                }
            }
        }
    }
}
