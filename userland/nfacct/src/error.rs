// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong in a command, and how the C tool words it.

use std::io;

use nfacct_netlink::{SocketStep, strerror};

use crate::legacy::Refusal;

/// Every line that the C tool writes to stderr begins with this.
const PREFIX: &str = "nfacct v1.0.2: ";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments are not what the grammar of nfacct 1.0.2 allows.
    #[error("wrong arguments")]
    Arguments(#[from] Refusal),
    /// The kernel or the way to it.
    #[error(transparent)]
    Kernel(#[from] nfacct_netlink::Error),
    /// A line of the input of `restore`.
    #[error("{0}")]
    Line(&'static str),
    /// Standard input cannot be read.
    #[error("cannot read the input: {0}")]
    Input(#[source] io::Error),
    /// Standard output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[source] io::Error),
    /// Counters were reset in the kernel, but could not be written: here they are.
    #[error("cannot write the output: {source}; {objects} objects were reset")]
    Lost {
        /// How writing failed.
        source: io::Error,
        /// How many objects were reset in all.
        objects: usize,
        /// The output that was not written.
        unwritten: Vec<u8>,
    },
}

impl Error {
    /// What goes to stderr, in the words of the C tool where it has any.
    pub(crate) fn legacy_report(&self) -> Vec<u8> {
        match self {
            Self::Arguments(refusal) => refusal.report(),
            Self::Kernel(error) => message(format!("{}: {}", step(error), strerror(error.errno()))),
            Self::Line(text) => message(text),
            Self::Input(error) => message(format!("error reading input: {error}")),
            Self::Output(error) => message(format!("error writing output: {error}")),
            Self::Lost {
                source,
                objects,
                unwritten,
            } => {
                let mut report = message(format!(
                    "error writing output: {source}\n{objects} objects were reset; this part of the output was not written:"
                ));
                report.extend(unwritten);
                report
            }
        }
    }
}

/// One line for stderr.
pub(crate) fn message(text: impl AsRef<[u8]>) -> Vec<u8> {
    [PREFIX.as_bytes(), text.as_ref(), b"\n"].concat()
}

/// The C tool names the libmnl call that failed; what the kernel answers is plainly an "error".
fn step(error: &nfacct_netlink::Error) -> &'static str {
    match error {
        nfacct_netlink::Error::Socket { step, .. } => match step {
            SocketStep::Open => "mnl_socket_open",
            SocketStep::Bind => "mnl_socket_bind",
            SocketStep::Send => "mnl_socket_send",
            _ => "error",
        },
        _ => "error",
    }
}
