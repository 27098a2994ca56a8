// SPDX-License-Identifier: MIT OR Apache-2.0
//! A million objects pass through in constant memory. The only test in its process, whose memory it measures.

#![allow(clippy::unwrap_used)] // A test may fail.

use std::{
    ffi::OsStr,
    fs, io,
    io::Write,
    path::Path,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use fake_kernel::Many;
use nfacct::{Clock, Context, Exit, Second, Signals, Sockets};
use nfacct_netlink::{Error, Transport};

/// As many objects as this are there.
struct World(u32);

impl Sockets for World {
    fn open(&mut self, _: Option<&OsStr>) -> Result<Box<dyn Transport>, Error> {
        Ok(Box::new(Many::new(self.0)))
    }
}

impl Signals for World {
    fn defer(&mut self, _: Second) -> io::Result<Arc<AtomicUsize>> {
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
