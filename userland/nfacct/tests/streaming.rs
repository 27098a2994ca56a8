// SPDX-License-Identifier: MIT OR Apache-2.0
//! A million objects pass through in constant memory. The only test in its process, whose memory it measures.

#![allow(clippy::unwrap_used)] // A test may fail.

use std::{
    ffi::OsStr,
    fs, io,
    io::Write,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use nfacct::{Clock, Context, Exit, Second, Signals, Sockets};
use nfacct_netlink::{Error, Transport, transport::Datagram};

const PORT: u32 = 7;

/// A kernel that makes up its objects while it is asked for them.
struct Endless {
    objects: u32,
    sequence: u32,
    next: u32,
}

fn attribute(message: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    message.extend(u16::try_from(payload.len() + 4).unwrap().to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(payload);
    message.resize(message.len().next_multiple_of(4), 0);
}

impl Endless {
    fn message(&self, kind: u16, payload: &[u8]) -> Vec<u8> {
        const MULTI: u16 = 2;
        let len = u32::try_from(16 + payload.len()).unwrap();
        let head = [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &MULTI.to_ne_bytes()].concat();
        [&head, &self.sequence.to_ne_bytes()[..], &PORT.to_ne_bytes(), payload].concat()
    }

    fn object(&self) -> Vec<u8> {
        let mut payload = vec![0; 4];
        attribute(&mut payload, 1, format!("object-{:07}\0", self.next).as_bytes());
        attribute(&mut payload, 2, &u64::from(self.next).to_be_bytes());
        attribute(&mut payload, 3, &u64::from(self.next).to_be_bytes());
        attribute(&mut payload, 4, &1u32.to_be_bytes());
        self.message(0x700, &payload)
    }
}

impl Transport for Endless {
    fn port(&self) -> u32 {
        PORT
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let number = datagram.get(8..12).unwrap();
        self.sequence = u32::from_ne_bytes(number.try_into().unwrap());
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Datagram> {
        let mut datagram = Vec::with_capacity(buffer.len());
        while self.next < self.objects && datagram.len() + 100 < buffer.len() {
            datagram.extend(self.object());
            self.next += 1;
        }
        if datagram.is_empty() {
            datagram = self.message(3, &[0; 4]);
        }
        let len = datagram.len();
        buffer.get_mut(..len).unwrap().copy_from_slice(&datagram);
        Ok(Datagram { len, sender: 0 })
    }

    fn join(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }
}

/// As many objects as this are there.
struct World(u32);

impl Sockets for World {
    fn open(&mut self, _: Option<&OsStr>) -> Result<Box<dyn Transport>, Error> {
        Ok(Box::new(Endless {
            objects: self.0,
            sequence: 0,
            next: 0,
        }))
    }
}

impl Signals for World {
    fn defer(&mut self, _: Second) -> io::Result<Arc<AtomicBool>> {
        Ok(Arc::default())
    }

    fn quit_quietly(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Clock for World {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&mut self, _: Duration) {}
}

/// Counts lines and forgets them.
struct Lines(usize);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().map(|byte| usize::from(*byte == b'\n')).sum::<usize>();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The most memory that this process ever had, in KiB.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_million_objects() {
    for (objects, args) in [
        (1_000_000, &["nfacct", "list"][..]),
        (200_000, &["nfacct", "list", "reset"]),
        (200_000, &["nfacct", "list", "xml"]),
        (200_000, &["nfacct", "list", "--json"]),
    ] {
        let before = peak();
        let (mut output, mut errors) = (Lines(0), Vec::new());
        let args: Vec<_> = args.iter().map(Into::into).collect();
        let exit = nfacct::run(
            &args,
            &mut Context {
                input: &mut io::empty(),
                output: &mut output,
                output_is_terminal: false,
                errors: &mut errors,
                errors_are_terminal: false,
                sockets: &mut World(objects),
                signals: &mut World(objects),
                clock: &mut World(objects),
                root: Path::new("/"),
                netns: None,
            },
        );
        assert_eq!(exit, Exit::Success, "{args:?}");
        assert!(output.0 >= objects as usize, "{args:?}: {} lines", output.0);
        let grown = peak() - before;
        // To keep the objects would take several times as much.
        assert!(grown < 4096, "{args:?}: {grown} KiB more");
    }
}
