// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the command in this process against a fake kernel.

#![allow(dead_code)] // Each test file uses a part of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

use std::{
    cell::Cell,
    ffi::{OsStr, OsString},
    io::{self, BufRead, Read, Write},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{Arc, atomic::AtomicUsize, mpsc},
    time::Duration,
};

use fake_kernel::FakeKernel;
use nfacct::{Clock, Context, Exit, Second, Signals, Sockets};
use nfacct_netlink::{Error, SocketStep, Transport, transport::Datagram};

/// The fake kernel as a source of sockets; it has one more network namespace, called `blue`.
struct FakeSockets {
    home: FakeKernel,
    blue: FakeKernel,
    trap: Option<Rc<Trap>>,
}

impl Sockets for FakeSockets {
    fn open(&mut self, netns: Option<&OsStr>) -> Result<Box<dyn Transport>, Error> {
        let socket = match netns.map(OsStr::as_bytes) {
            None => self.home.socket(),
            Some(b"blue") => self.blue.socket(),
            Some(_) => {
                return Err(Error::Socket {
                    step: SocketStep::Namespace,
                    source: io::ErrorKind::NotFound.into(),
                });
            }
        };
        Ok(match &self.trap {
            None => Box::new(socket),
            Some(trap) => Box::new(Trapped {
                socket,
                trap: Rc::clone(trap),
            }),
        })
    }
}

/// What goes wrong at a system call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Errno(i32),
    /// A datagram that is larger than any buffer.
    Truncated,
}

/// Makes one of the calls of a run fail: sends and receives are counted together.
pub(crate) struct Trap {
    fault: Fault,
    left: Cell<usize>,
    sprung: Cell<bool>,
}

impl Trap {
    pub(crate) fn new(fault: Fault, calls_before: usize) -> Rc<Self> {
        Rc::new(Self {
            fault,
            left: Cell::new(calls_before),
            sprung: Cell::new(false),
        })
    }

    /// Were there enough calls?
    pub(crate) fn sprung(&self) -> bool {
        self.sprung.get()
    }

    fn fault(&self) -> Option<Fault> {
        if self.sprung.get() {
            return None;
        }
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        self.sprung.set(left == 0);
        (left == 0).then_some(self.fault)
    }
}

/// A socket with a trap.
struct Trapped {
    socket: fake_kernel::FakeSocket,
    trap: Rc<Trap>,
}

impl Transport for Trapped {
    fn port(&self) -> u32 {
        self.socket.port()
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        match self.trap.fault() {
            Some(Fault::Errno(errno)) => Err(io::Error::from_raw_os_error(errno)),
            _ => self.socket.send(datagram),
        }
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        match self.trap.fault() {
            None => self.socket.receive(buffer),
            Some(Fault::Errno(errno)) => Err(io::Error::from_raw_os_error(errno)),
            Some(Fault::Truncated) => Ok(Datagram {
                len: buffer.len() + 1,
                sender: 0,
            }),
        }
    }

    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.receive(buffer)
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        self.socket.join(group)
    }
}

/// A signal of this number comes at once; 0 is none.
struct FakeSignals(usize);

impl Signals for FakeSignals {
    fn defer(&mut self, _: Second) -> io::Result<Arc<AtomicUsize>> {
        Ok(Arc::new(AtomicUsize::new(self.0)))
    }

    fn quit_quietly(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A clock that runs only while the command waits, with traffic.
struct FakeClock {
    now: Duration,
    kernel: FakeKernel,
    traffic: Vec<(&'static str, u64)>,
}

impl Clock for FakeClock {
    fn elapsed(&self) -> Duration {
        self.now
    }

    fn sleep(&mut self, time: Duration) {
        self.now += time;
        for _ in 0..time.as_secs() {
            for (name, size) in &self.traffic {
                self.kernel.packet(name, *size);
            }
        }
    }
}

/// What a command left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) exit: Exit,
}

impl Outcome {
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).unwrap()
    }
}

/// One run, to be adjusted before it starts.
pub(crate) struct Run {
    args: Vec<OsString>,
    stdin: Box<dyn BufRead>,
    terminal: bool,
    room: Option<(usize, io::ErrorKind)>,
    blue: FakeKernel,
    signal: usize,
    root: PathBuf,
    traffic: Vec<(&'static str, u64)>,
    trap: Option<Rc<Trap>>,
    listener: Option<mpsc::Sender<String>>,
}

/// A run with this argument vector, name of the program included.
pub(crate) fn argv(args: impl IntoIterator<Item = Vec<u8>>) -> Run {
    Run {
        args: args.into_iter().map(OsString::from_vec).collect(),
        stdin: Box::new(io::empty()),
        terminal: false,
        room: None,
        blue: FakeKernel::new(),
        signal: 0,
        root: PathBuf::from("/"),
        traffic: Vec::new(),
        trap: None,
        listener: None,
    }
}

/// A run of `nfacct` with these arguments.
pub(crate) fn nfacct(args: &[&str]) -> Run {
    argv(std::iter::once("nfacct").chain(args.iter().copied()).map(Vec::from))
}

impl Run {
    pub(crate) fn stdin(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = Box::new(io::Cursor::new(stdin.into()));
        self
    }

    /// Standard input comes from here, as it comes.
    pub(crate) fn reader(mut self, reader: impl Read + 'static) -> Self {
        self.stdin = Box::new(io::BufReader::new(reader));
        self
    }

    /// Standard output is a terminal.
    pub(crate) fn terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// Standard output fails like this after so many bytes.
    pub(crate) fn room(mut self, bytes: usize, then: io::ErrorKind) -> Self {
        self.room = Some((bytes, then));
        self
    }

    /// SIGINT comes as soon as signals are held back.
    pub(crate) fn interrupted(self) -> Self {
        self.signal(2)
    }

    /// This signal comes as soon as signals are held back.
    pub(crate) fn signal(mut self, number: usize) -> Self {
        self.signal = number;
        self
    }

    /// During every second that the command waits, these packets pass.
    pub(crate) fn traffic(mut self, packets: &[(&'static str, u64)]) -> Self {
        self.traffic = packets.to_vec();
        self
    }

    /// One call on its sockets fails.
    pub(crate) fn trap(mut self, trap: &Rc<Trap>) -> Self {
        self.trap = Some(Rc::clone(trap));
        self
    }

    /// This end hears standard error at each end of a line, all of it so far.
    pub(crate) fn listener(mut self, listener: mpsc::Sender<String>) -> Self {
        self.listener = Some(listener);
        self
    }

    /// `proc` and `sys` lie here.
    pub(crate) fn root(mut self, root: &Path) -> Self {
        self.root = PathBuf::from(root);
        self
    }

    /// The network namespace `blue`.
    pub(crate) fn blue(mut self, blue: &FakeKernel) -> Self {
        self.blue = blue.clone();
        self
    }

    pub(crate) fn on(mut self, kernel: &FakeKernel) -> Outcome {
        let mut output = Output {
            text: Vec::new(),
            room: self.room,
        };
        let mut errors = Errors {
            text: Vec::new(),
            listener: self.listener,
        };
        let exit = nfacct::run(
            &self.args,
            &mut Context {
                input: &mut *self.stdin,
                output: &mut output,
                output_is_terminal: self.terminal,
                errors: &mut errors,
                errors_are_terminal: self.terminal,
                sockets: &mut FakeSockets {
                    home: kernel.clone(),
                    blue: self.blue,
                    trap: self.trap,
                },
                signals: &mut FakeSignals(self.signal),
                clock: &mut FakeClock {
                    now: Duration::ZERO,
                    kernel: kernel.clone(),
                    traffic: self.traffic,
                },
                root: &self.root,
                netns: None,
            },
        );
        Outcome {
            stdout: output.text,
            stderr: errors.text,
            exit,
        }
    }
}

struct Output {
    text: Vec<u8>,
    room: Option<(usize, io::ErrorKind)>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.map_or(usize::MAX, |(room, _)| room - self.text.len());
        match self.room {
            Some((_, kind)) if room == 0 => Err(kind.into()),
            _ => {
                let len = room.min(bytes.len());
                self.text.extend(&bytes[..len]);
                Ok(len)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Errors {
    text: Vec<u8>,
    listener: Option<mpsc::Sender<String>>,
}

impl Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend(bytes);
        if let Some(listener) = self.listener.as_ref().filter(|_| bytes.ends_with(b"\n")) {
            // It may have heard enough.
            let _ = listener.send(String::from_utf8_lossy(&self.text).into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
