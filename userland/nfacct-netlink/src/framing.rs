// SPDX-License-Identifier: MIT OR Apache-2.0
//! Splits a received datagram into netlink messages.
//!
//! Every length is checked here, before anything looks at a message: neli 0.7.5 panics on a length that is shorter
//! than the header, so its own parser never sees received bytes.

use neli::consts::nl::{NlmF, Nlmsg};

use crate::Error;

/// Length of `struct nlmsghdr`.
pub(crate) const HEADER: usize = 16;

/// One received message, still in the receive buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawMessage<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: NlmF,
    pub(crate) seq: u32,
    pub(crate) port: u32,
    /// What follows the header.
    pub(crate) payload: &'a [u8],
}

impl RawMessage<'_> {
    /// Is it one of netlink's own (`NLMSG_*`) messages of this type?
    pub(crate) fn is_control(&self, kind: Nlmsg) -> bool {
        Nlmsg::from(self.kind) == kind
    }
}

/// Walks over the messages of one datagram; a length that cannot be is an error and ends the walk.
pub(crate) fn messages(datagram: &[u8]) -> impl Iterator<Item = Result<RawMessage<'_>, Error>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = split(&mut rest);
        if message.is_none() {
            rest = &[];
        }
        Some(message.ok_or(Error::Malformed("length of a message")))
    })
}

fn split<'a>(rest: &mut &'a [u8]) -> Option<RawMessage<'a>> {
    let header: &[u8; HEADER] = rest.first_chunk()?;
    let len = usize::try_from(word(header, 0)?).ok()?;
    let message = RawMessage {
        kind: half(header, 4)?,
        flags: NlmF::from_bits_retain(half(header, 6)?),
        seq: word(header, 8)?,
        port: word(header, 12)?,
        payload: rest.get(HEADER..len)?,
    };
    *rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    Some(message)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(len: u32) -> Vec<u8> {
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(0x700u16.to_ne_bytes());
        bytes.extend(2u16.to_ne_bytes());
        bytes.extend(7u32.to_ne_bytes());
        bytes.extend(9u32.to_ne_bytes());
        bytes
    }

    #[test]
    fn splits_messages() {
        let mut bytes = header(18);
        bytes.extend(b"ab\0\0");
        bytes.extend(header(16));
        let all: Vec<_> = messages(&bytes).collect::<Result<_, _>>().unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].kind, 0x700);
        assert!(all[0].flags.contains(NlmF::MULTI));
        assert_eq!((all[0].seq, all[0].port, all[0].payload), (7, 9, &b"ab"[..]));
        assert_eq!(all[1].payload, b"");
    }

    #[test]
    fn refuses_impossible_lengths() {
        for len in [0, 1, 15, 17, u32::MAX] {
            let bytes = header(len);
            let all: Vec<_> = messages(&bytes).collect();
            assert_eq!(all.len(), 1, "length {len}");
            assert!(matches!(all[0], Err(Error::Malformed(_))), "length {len}");
        }
    }

    #[test]
    fn refuses_a_header_that_is_cut() {
        for len in 1..HEADER {
            let bytes = header(16);
            assert!(messages(&bytes[..len]).next().unwrap().is_err());
        }
    }
}
