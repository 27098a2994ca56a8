// SPDX-License-Identifier: MIT OR Apache-2.0
//! What SIGINT and SIGTERM do.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// Sets up signals; an error is an error of the system call.
pub trait Signals {
    /// From now on SIGINT and SIGTERM do not end the process at once, because it holds what exists nowhere else; the
    /// flag tells that one came.
    fn defer(&mut self, second: Second) -> io::Result<Arc<AtomicBool>>;

    /// From now on SIGINT and SIGTERM end the process with exit code 0: the normal end of a command that runs for ever
    /// and has written everything that it knows.
    fn quit_quietly(&mut self) -> io::Result<()>;
}

/// What a second signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// It ends the process: the output may be blocked for ever.
    Ends,
    /// It waits like the first: the work cannot take long.
    Waits,
}

/// The signals of this process.
pub struct RealSignals;

impl Signals for RealSignals {
    fn defer(&mut self, second: Second) -> io::Result<Arc<AtomicBool>> {
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            if second == Second::Ends {
                flag::register_conditional_default(signal, Arc::clone(&came))?;
            }
            flag::register(signal, Arc::clone(&came))?;
        }
        Ok(came)
    }

    fn quit_quietly(&mut self) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 0, Arc::new(AtomicBool::new(true)))?;
        }
        Ok(())
    }
}

/// Did a deferred signal come?
pub(crate) fn came(flag: Option<&Arc<AtomicBool>>) -> bool {
    flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
}
