// SPDX-License-Identifier: MIT OR Apache-2.0
//! What SIGHUP, SIGINT and SIGTERM do.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
    flag,
};

/// Sets up signals; an error is an error of the system call. Signals that the parent process has chosen to ignore
/// (`nohup`, and the shell for its background jobs) stay ignored.
pub trait Signals {
    /// From now on SIGHUP, SIGINT and SIGTERM do not end the process at once, because it holds what exists nowhere
    /// else. The number of one that came can be read from what is returned; it is 0 until then.
    fn defer(&mut self, second: Second) -> io::Result<Arc<AtomicUsize>>;

    /// From now on SIGINT and SIGTERM end the process with exit code 0: the normal end of a command that runs for ever
    /// and has written everything that it knows.
    fn quit_quietly(&mut self) -> io::Result<()>;
}

/// What the same signal does when it comes again. (The end of a session often brings two different ones.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// It ends the process: the output may be blocked for ever.
    Ends,
    /// It waits like the first: the work cannot take long.
    Waits,
}

/// A signal that came while signals were deferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    HangUp,
    Interrupt,
    Terminate,
}

/// The signals of this process.
pub struct RealSignals;

impl Signals for RealSignals {
    fn defer(&mut self, second: Second) -> io::Result<Arc<AtomicUsize>> {
        let came = Arc::new(AtomicUsize::new(0));
        let ignored = ignored();
        for (signal, number) in [(SIGHUP, 1), (SIGINT, 2), (SIGTERM, 15)] {
            if ignored & bit(signal) != 0 {
                continue;
            }
            if second == Second::Ends {
                let again = Arc::new(AtomicBool::new(false));
                flag::register_conditional_default(signal, Arc::clone(&again))?;
                flag::register(signal, again)?;
            }
            flag::register_usize(signal, Arc::clone(&came), number)?;
        }
        // A file that may not grow any more is an error of the write.
        flag::register(SIGXFSZ, Arc::default())?;
        Ok(came)
    }

    fn quit_quietly(&mut self) -> io::Result<()> {
        let ignored = ignored();
        for signal in [SIGINT, SIGTERM] {
            if ignored & bit(signal) == 0 {
                flag::register_conditional_shutdown(signal, 0, Arc::new(AtomicBool::new(true)))?;
            }
        }
        Ok(())
    }
}

/// The signals that this process ignores, as a set of bits. Where `proc` is not mounted it seems to ignore none.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// The deferred signal that came, if one did.
pub(crate) fn came(number: Option<&Arc<AtomicUsize>>) -> Option<Signal> {
    match number?.load(Ordering::Relaxed) {
        0 => None,
        1 => Some(Signal::HangUp),
        15 => Some(Signal::Terminate),
        _ => Some(Signal::Interrupt),
    }
}
