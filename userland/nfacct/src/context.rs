// SPDX-License-Identifier: MIT OR Apache-2.0
//! The outside world as a command sees it, so that tests can replace it.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, BufRead, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use crate::{Clock, Signals, output::harmless};
use nfacct_netlink::{Client, Error, Monitor, SocketStep, Transport, transport::NetlinkSocket};

/// Opens sockets to the kernel.
pub trait Sockets {
    /// A new socket, in the given network namespace (name, process id or path) if there is one.
    fn open(&mut self, netns: Option<&OsStr>) -> Result<Box<dyn Transport>, Error>;
}

/// Sockets to the running kernel.
pub struct RealSockets;

impl Sockets for RealSockets {
    fn open(&mut self, netns: Option<&OsStr>) -> Result<Box<dyn Transport>, Error> {
        Ok(Box::new(match netns {
            None => NetlinkSocket::open()?,
            Some(netns) => NetlinkSocket::open_in(open_netns(netns).map_err(|source| Error::Socket {
                step: SocketStep::Namespace,
                source,
            })?)?,
        }))
    }
}

/// Where `ip netns` keeps its names.
const NAMES: &str = "/run/netns";

/// A path has a slash; what is no name may be the id of a process.
fn open_netns(netns: &OsStr) -> io::Result<File> {
    if netns.as_bytes().contains(&b'/') {
        return open_file(Path::new(netns));
    }
    let named = open_file(&Path::new(NAMES).join(netns));
    match netns.to_str().map(str::parse::<u32>) {
        Some(Ok(pid)) if named.is_err() => open_file(Path::new(&format!("/proc/{pid}/ns/net"))),
        _ => named,
    }
}

/// Namespaces are regular files. To open a FIFO or a device could take for ever or do something.
fn open_file(path: &Path) -> io::Result<File> {
    if path.metadata()?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other("this is not a network namespace"))
    }
}

/// Everything that a command may touch.
pub struct Context<'a> {
    /// Standard input.
    pub input: &'a mut dyn BufRead,
    /// Standard output, unbuffered.
    pub output: &'a mut dyn Write,
    /// Is it a terminal? Then names must not control it.
    pub output_is_terminal: bool,
    /// Standard error.
    pub errors: &'a mut dyn Write,
    /// Is it a terminal? Then progress may be shown on it, and names must not control it.
    pub errors_are_terminal: bool,
    /// The way to the kernel.
    pub sockets: &'a mut dyn Sockets,
    /// Signals.
    pub signals: &'a mut dyn Signals,
    /// Time.
    pub clock: &'a mut dyn Clock,
    /// Where `proc` and `sys` are mounted.
    pub root: &'a Path,
    /// The network namespace to work in; the command line may set it.
    pub netns: Option<OsString>,
}

/// A client in the given network namespace.
pub(crate) fn client(sockets: &mut dyn Sockets, netns: Option<&OsStr>) -> Result<Client<Box<dyn Transport>>, Error> {
    sockets.open(netns).map(Client::new)
}

impl Context<'_> {
    pub(crate) fn client(&mut self) -> Result<Client<Box<dyn Transport>>, Error> {
        client(self.sockets, self.netns.as_deref())
    }

    /// Writes to standard error. There is nowhere left to report that this fails.
    pub(crate) fn complain(&mut self, text: &[u8]) {
        let _ = if self.errors_are_terminal {
            self.errors.write_all(&harmless(text))
        } else {
            self.errors.write_all(text)
        };
    }

    pub(crate) fn monitor(&mut self) -> Result<Monitor<Box<dyn Transport>>, Error> {
        self.sockets.open(self.netns.as_deref()).and_then(Monitor::subscribe)
    }
}
