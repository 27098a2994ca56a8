// SPDX-License-Identifier: GPL-2.0-only
//! Everything that one request brought back, datagram by datagram.

use std::fmt;

use super::consts::NLMSG_DONE;
use super::{errno_name, fnv, hex, messages, Message, Object, FNV_START};

/// The answer to one send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Error of the send itself, 0 if none.
    pub send: i32,
    /// The datagrams in the order they came.
    pub parts: Vec<Vec<u8>>,
    /// Errors met while receiving, between or after the datagrams.
    pub recv: Vec<i32>,
}

impl Reply {
    /// All messages of all datagrams.
    ///
    /// A malformed datagram is a failed check: the kernel must not send one.
    pub fn messages(&self) -> Vec<Message<'_>> {
        self.parts
            .iter()
            .flat_map(|p| messages(p).expect("well-formed datagram"))
            .collect()
    }

    /// The objects of a reply, in order.
    pub fn objects(&self) -> Vec<Object> {
        self.messages()
            .iter()
            .filter(|m| m.error().is_none() && m.kind != NLMSG_DONE)
            .map(|m| m.object().expect("complete object"))
            .collect()
    }

    /// The error number of the first acknowledgement: `None` without one.
    pub fn errno(&self) -> Option<i32> {
        self.messages().iter().find_map(Message::error)
    }

    /// True if a dump came to its end.
    pub fn done(&self) -> bool {
        self.messages().last().is_some_and(|m| m.kind == NLMSG_DONE)
    }

    /// One short token: the error numbers seen, `-` for silence.
    pub fn outcome(&self) -> String {
        let mut words = Vec::new();
        if self.send != 0 {
            words.push(format!("send={}", errno_name(self.send)));
        }
        for m in self.messages() {
            words.push(match m.error() {
                Some(e) => errno_name(e),
                None if m.kind == NLMSG_DONE => "done".into(),
                None => "object".into(),
            });
        }
        words.extend(self.recv.iter().map(|e| format!("recv={}", errno_name(*e))));
        if words.is_empty() {
            words.push("-".into());
        }
        words.join(",")
    }

    /// Length and hash of every datagram, for replies too long to print.
    pub fn digest(&self) -> String {
        let parts: Vec<_> = self
            .parts
            .iter()
            .map(|p| format!("{}:{:016x}", p.len(), fnv(FNV_START, p)))
            .collect();
        format!("{} {}", parts.len(), parts.join(" "))
    }
}

impl fmt::Display for Reply {
    /// Every byte: `send=ERRNO`, datagrams in hex, `recv=ERRNO`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if self.send != 0 {
            words.push(format!("send={}", errno_name(self.send)));
        }
        words.extend(self.parts.iter().map(|p| hex(p)));
        words.extend(self.recv.iter().map(|e| format!("recv={}", errno_name(*e))));
        if words.is_empty() {
            words.push("-".into());
        }
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::consts::{NEW, NLMSG_ERROR, USE};
    use crate::wire::Msg;

    fn sample() -> Reply {
        let object = Msg::new(NEW, 2).name(b"x").counters(1, 2).be32(USE, 1);
        let ack = Msg::bare(NLMSG_ERROR, 0).raw(&(-17i32).to_ne_bytes());
        Reply {
            send: 0,
            parts: vec![object.bytes().to_vec(), ack.bytes().to_vec()],
            recv: vec![libc::ENOBUFS],
        }
    }

    #[test]
    fn outcome_lists_everything_in_order() {
        assert_eq!(sample().outcome(), "object,EEXIST,recv=ENOBUFS");
        assert_eq!(Reply::default().outcome(), "-");
    }

    #[test]
    fn shows_all_bytes() {
        let text = sample().to_string();
        assert!(text.ends_with(" recv=ENOBUFS"), "{text}");
        assert_eq!(text.split(' ').count(), 3);
    }

    #[test]
    fn picks_objects_and_error() {
        let reply = sample();
        assert_eq!(reply.objects().len(), 1);
        assert_eq!(reply.errno(), Some(libc::EEXIST));
        assert!(!reply.done());
    }
}
