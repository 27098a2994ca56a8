// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one error type of the library.

use std::{fmt, io};

use neli::consts::nl::NlmF;

use crate::attr::{AcctAttr, attributes};
use crate::framing::HEADER;
use crate::message::NFGENMSG;

/// Which call on the socket failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketStep {
    /// Creating the socket.
    Open,
    /// Binding it to a port.
    Bind,
    /// Joining the group of the events.
    Join,
    /// Sending a request.
    Send,
    /// Receiving an answer.
    Receive,
    /// Entering or leaving a network namespace.
    Namespace,
}

impl fmt::Display for SocketStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "cannot open a netlink socket",
            Self::Bind => "cannot bind the netlink socket",
            Self::Join => "cannot join the group of the over-quota events",
            Self::Send => "cannot send to the kernel",
            Self::Receive => "cannot receive from the kernel",
            Self::Namespace => "cannot switch to the network namespace",
        })
    }
}

/// Everything that can go wrong between a program and the kernel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A system call failed.
    #[error("{step}: {}", errno_text(source))]
    Socket {
        /// Which one.
        step: SocketStep,
        /// How.
        source: io::Error,
    },
    /// The kernel refused the request.
    #[error("{0}")]
    Kernel(#[from] KernelError),
    /// The receive queue was full and messages were lost (`ENOBUFS`).
    ///
    /// After this a monitor may go on, but it has missed events; the counts of a lost reset are gone.
    #[error("the kernel dropped messages because the receive queue was full")]
    Overrun,
    /// A datagram did not fit into the receive buffer; its tail is lost.
    #[error("a message of {len} bytes did not fit into the receive buffer of {room}")]
    Truncated {
        /// Size of the datagram.
        len: usize,
        /// Size of the buffer.
        room: usize,
    },
    /// The table changed during a dump (`NLM_F_DUMP_INTR`): objects may be missing from it or be in it twice.
    ///
    /// Everything that came was delivered. Repeat a plain list; a list with reset must not be repeated blindly.
    #[error("the table changed while it was being listed")]
    DumpInterrupted,
    /// The bytes received are not what the protocol allows; tells what was wrong.
    #[error("malformed answer from the kernel: {0}")]
    Malformed(&'static str),
    /// An answer to a request that this client never made.
    #[error("answer with sequence number {found} instead of {expected}")]
    Sequence {
        /// Number of the request.
        expected: u32,
        /// Number in the answer.
        found: u32,
    },
    /// An answer that is addressed to another socket.
    #[error("answer for port {found} instead of {expected}")]
    Port {
        /// Our port.
        expected: u32,
        /// Port in the answer.
        found: u32,
    },
    /// A request could not be put into bytes.
    #[error("the request cannot be encoded")]
    Encode,
}

impl Error {
    pub(crate) fn socket(step: SocketStep) -> impl Fn(io::Error) -> Self {
        move |source| Self::Socket { step, source }
    }

    /// The error number behind this error: from the kernel's answer, the system call, or the one closest in meaning.
    #[must_use]
    pub fn errno(&self) -> i32 {
        use nix::errno::Errno;
        match self {
            Self::Socket { source, .. } => source.raw_os_error().unwrap_or(Errno::EIO as i32),
            Self::Kernel(error) => error.errno,
            Self::Overrun => Errno::ENOBUFS as i32,
            Self::Truncated { .. } => Errno::ENOSPC as i32,
            Self::DumpInterrupted => Errno::EINTR as i32,
            Self::Malformed(_) | Self::Sequence { .. } => Errno::EPROTO as i32,
            Self::Port { .. } => Errno::ESRCH as i32,
            Self::Encode => Errno::EMSGSIZE as i32,
        }
    }
}

/// A refusal by the kernel, with its explanation where it gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelError {
    /// The error number, positive.
    pub errno: i32,
    /// Text of the kernel (extended ACK).
    pub message: Option<String>,
    /// The attribute of the request that the kernel objects to.
    pub attribute: Option<AcctAttr>,
    /// The attribute that the kernel misses.
    pub missing: Option<AcctAttr>,
}

impl KernelError {
    /// Reads the TLVs of an extended ACK; what is malformed in them is ignored, the error number matters more.
    pub(crate) fn new(errno: i32, tlvs: &[u8], request: &[u8]) -> Self {
        let mut error = Self {
            errno,
            message: None,
            attribute: None,
            missing: None,
        };
        for tlv in attributes(tlvs).map_while(Result::ok) {
            match tlv.kind {
                MSG => error.message = Some(text(tlv.payload)),
                OFFSET => {
                    error.attribute = number(tlv.payload).and_then(|at| attribute_at(request, at));
                }
                MISSING => {
                    error.missing = number(tlv.payload)
                        .and_then(|kind| u16::try_from(kind).ok())
                        .map(AcctAttr::from);
                }
                _ => {}
            }
        }
        error
    }

    /// Finds the TLVs behind an `NLMSG_ERROR` (after the number and the request) or an `NLMSG_DONE`.
    pub(crate) fn tlvs(flags: NlmF, after_errno: &[u8], has_request: bool) -> &[u8] {
        if !flags.contains(NlmF::ACK_TLVS) {
            return &[];
        }
        let skip = if !has_request {
            0
        } else if flags.contains(NlmF::CAPPED) {
            HEADER
        } else {
            number(after_errno.get(..4).unwrap_or_default())
                .and_then(|len| usize::try_from(len).ok())
                .unwrap_or(usize::MAX)
        };
        skip.checked_next_multiple_of(4)
            .and_then(|skip| after_errno.get(skip..))
            .unwrap_or_default()
    }
}

/// `NLMSGERR_ATTR_MSG`, `_OFFS` and `_MISS_TYPE`.
const MSG: u16 = 1;
const OFFSET: u16 = 2;
const MISSING: u16 = 5;

fn number(payload: &[u8]) -> Option<u32> {
    payload.try_into().map(u32::from_ne_bytes).ok()
}

fn text(payload: &[u8]) -> String {
    let end = payload.iter().position(|&b| b == 0).unwrap_or(payload.len());
    String::from_utf8_lossy(payload.get(..end).unwrap_or_default()).into_owned()
}

/// The top-level attribute of `request` that covers the byte `offset`.
fn attribute_at(request: &[u8], offset: u32) -> Option<AcctAttr> {
    let offset = usize::try_from(offset).ok()?;
    let mut start = HEADER + NFGENMSG;
    for attr in attributes(request.get(start..)?).map_while(Result::ok) {
        let end = start + (4 + attr.payload.len()).next_multiple_of(4);
        if (start..end).contains(&offset) {
            return Some(attr.kind.into());
        }
        start = end;
    }
    None
}

/// Text of an error number, as `strerror` has it.
#[must_use]
pub fn strerror(errno: i32) -> String {
    errno_text(&io::Error::from_raw_os_error(errno))
}

/// The text without the ` (os error N)` that the standard library adds.
fn errno_text(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.rfind(" (os error ") {
        text.truncate(at);
    }
    text
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&strerror(self.errno))?;
        if let Some(message) = &self.message {
            write!(f, " ({message})")?;
        }
        if let Some(attribute) = self.attribute {
            write!(f, " [attribute {attribute:?}]")?;
        }
        if let Some(missing) = self.missing {
            write!(f, " [missing attribute {missing:?}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for KernelError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_the_number_that_is_nearest() {
        let socket = |source| Error::socket(SocketStep::Send)(source);
        let cases = [
            (socket(io::Error::from_raw_os_error(13)), 13),
            (socket(io::ErrorKind::NotFound.into()), 5),
            (KernelError::new(17, &[], &[]).into(), 17),
            (Error::Overrun, 105),
            (Error::Truncated { len: 2, room: 1 }, 28),
            (Error::DumpInterrupted, 4),
            (Error::Malformed("it"), 71),
            (Error::Sequence { expected: 1, found: 2 }, 71),
            (Error::Port { expected: 1, found: 2 }, 3),
            (Error::Encode, 90),
        ];
        for (error, errno) in cases {
            assert_eq!(error.errno(), errno, "{error:?}");
        }
    }

    #[test]
    fn a_failed_call_is_named() {
        let error = Error::socket(SocketStep::Send)(io::ErrorKind::NotFound.into());
        assert_eq!(error.to_string(), "cannot send to the kernel: entity not found");
    }
}
