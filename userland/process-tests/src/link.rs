// SPDX-License-Identifier: MIT OR Apache-2.0
//! A socket to another process in the place of one to the kernel: one system call for each datagram, as with netlink.

use std::{
    env,
    io::{self, IoSliceMut},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixListener,
    },
    process::{self, Command},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use fake_kernel::PORT;
use nfacct_netlink::transport::{Datagram, Transport};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{
        AddressFamily, Backlog, MsgFlags, SockFlag, SockType, UnixAddr, bind, connect, listen, recvmsg, send, socket,
    },
};

/// The environment variable with the abstract name of the server's socket.
const SERVER: &str = "NFACCT_TEST_SERVER";

/// No datagram of netlink is larger.
const DATAGRAM: usize = 32 * 1024;

/// An answer that is not there after this time was never sent, however busy the machine is. Whoever reads up to the
/// end of the answers does not wait for it.
const NEVER: u16 = 30_000;

fn unconnected() -> OwnedFd {
    socket(AddressFamily::Unix, SockType::SeqPacket, SockFlag::SOCK_CLOEXEC, None).expect("a socket")
}

/// The end of the command.
pub struct Link(OwnedFd);

impl Link {
    /// Connects to the server that the environment names.
    #[must_use]
    pub fn open() -> Self {
        let name = env::var(SERVER).expect("a server");
        let socket = unconnected();
        let address = UnixAddr::new_abstract(name.as_bytes()).expect("an address");
        connect(socket.as_raw_fd(), &address).expect("a connection");
        Self(socket)
    }
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> nix::Result<usize> {
    let mut buffer = [IoSliceMut::new(buffer)];
    Ok(recvmsg::<()>(socket.as_raw_fd(), &mut buffer, None, MsgFlags::MSG_TRUNC)?.bytes)
}

impl Transport for Link {
    fn port(&self) -> u32 {
        PORT
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        send(self.0.as_raw_fd(), datagram, MsgFlags::MSG_NOSIGNAL)?;
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        match receive(&self.0, buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            len => Ok(Datagram { len, sender: 0 }),
        }
    }

    /// The kernel here is another process, which may need its time.
    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        let mut events = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut events, PollTimeout::from(NEVER))? {
            0 => Err(Errno::EAGAIN.into()),
            _ => self.receive(buffer),
        }
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        self.send(&group.to_ne_bytes())
    }
}

/// The end of the kernel: threads that end with this process.
pub struct Server(String);

impl Server {
    /// Serves each connection with a socket that `open` makes.
    pub fn start<T: Transport + Send + 'static>(open: impl Fn() -> T + Send + 'static) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "nfacct-test-{}-{}",
            process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let listener = unconnected();
        let address = UnixAddr::new_abstract(name.as_bytes()).expect("an address");
        bind(listener.as_raw_fd(), &address).expect("a free name");
        listen(&listener, Backlog::MAXCONN).expect("a listener");
        let listener = UnixListener::from(listener);
        thread::spawn(move || {
            while let Ok((connection, _)) = listener.accept() {
                let transport = open();
                thread::spawn(move || serve(&connection.into(), transport));
            }
        });
        Self(name)
    }

    /// The command with these arguments on this server.
    #[must_use]
    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env(SERVER, &self.0);
        command
    }
}

/// Until the command closes its end.
fn serve(socket: &OwnedFd, mut transport: impl Transport) {
    let mut buffer = vec![0; DATAGRAM];
    while let Ok(len @ 1..) = receive(socket, &mut buffer) {
        let request = buffer.get(..len).unwrap_or_default();
        if let Ok(group) = request.try_into() {
            transport.join(u32::from_ne_bytes(group)).expect("the group");
            continue;
        }
        transport.send(request).expect("it takes every request");
        while let Ok(answer) = transport.receive(&mut buffer) {
            let answer = buffer.get(..answer.len).unwrap_or_default();
            if send(socket.as_raw_fd(), answer, MsgFlags::MSG_NOSIGNAL).is_err() {
                return;
            }
        }
    }
}
