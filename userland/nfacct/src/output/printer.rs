// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes objects in a format and knows at any time which part of the text got out.

use std::{
    io::{self, Write},
    sync::{Arc, atomic::AtomicUsize},
};

use nfacct_netlink::ObjectRef;

use super::{Format, Formatter, harmless};
use crate::{Context, Second, error::Error, signals::came};

/// So much text is collected before it is written.
const CHUNK: usize = 64 * 1024;

/// Writes objects in a format.
pub(crate) struct Printer<'a> {
    output: &'a mut dyn Write,
    formatter: Box<dyn Formatter>,
    /// The objects were reset: their text must not get lost.
    precious: bool,
    /// Names must not control it.
    terminal: bool,
    /// Text that was not written yet.
    pending: Vec<u8>,
    objects: usize,
    failure: Option<io::Error>,
    /// Tells the signal that wants to end the process.
    interrupted: Option<Arc<AtomicUsize>>,
}

impl<'a> Printer<'a> {
    /// `precious`: the objects are being reset. Create the printer before that, because it holds back signals.
    pub(crate) fn new(context: &'a mut Context<'_>, format: &Format, precious: bool) -> Self {
        Self {
            // Without a handler a signal loses counts, which is no reason to refuse the work.
            interrupted: precious.then(|| context.signals.defer(Second::Ends).ok()).flatten(),
            formatter: format.formatter(context.output_is_terminal),
            output: context.output,
            precious,
            terminal: context.output_is_terminal,
            pending: Vec::with_capacity(CHUNK + 512),
            objects: 0,
            failure: None,
        }
    }

    /// Takes an object; errors are kept until the end.
    pub(crate) fn object(&mut self, object: &ObjectRef<'_>) {
        let first = self.objects == 0;
        if first {
            self.formatter.begin(&mut self.pending);
        }
        self.objects += 1;
        self.formatter.object(&mut self.pending, object, first);
        if self.pending.len() >= CHUNK {
            self.write();
        }
    }

    /// Did a signal come or a write fail? Then nothing more should be reset.
    pub(crate) fn must_stop(&self) -> bool {
        self.failure.is_some() || came(self.interrupted.as_ref()).is_some()
    }

    /// Completes the document.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.formatter.kept(&mut self.pending);
        if self.objects > 0 {
            self.formatter.end(&mut self.pending);
        } else {
            self.formatter.nothing(&mut self.pending);
        }
        self.conclude()
    }

    /// Writes what there is without completing the document, because of an error; returns all that went wrong.
    pub(crate) fn abandon(mut self, cause: Error) -> Error {
        self.formatter.kept(&mut self.pending);
        match self.conclude() {
            Err(error) if !error.is_closed_pipe() => Error::Several(vec![cause, error]),
            _ => cause,
        }
    }

    fn conclude(mut self) -> Result<(), Error> {
        self.write();
        match (self.failure, came(self.interrupted.as_ref())) {
            (None, None) => Ok(()),
            (None, Some(signal)) => Err(Error::Interrupted {
                objects: self.objects,
                signal,
            }),
            (Some(source), _) if self.precious => Err(Error::Lost {
                source,
                objects: self.objects,
                unwritten: self.pending,
            }),
            (Some(error), _) => Err(Error::Output(error)),
        }
    }

    /// Writes the pending text; after a failure it is kept if it is precious, else dropped.
    fn write(&mut self) {
        if self.terminal {
            self.pending = harmless(&self.pending).into_owned();
        }
        while self.failure.is_none() && !self.pending.is_empty() {
            match self.output.write(&self.pending) {
                Ok(0) => self.failure = Some(io::ErrorKind::WriteZero.into()),
                Ok(len) => drop(self.pending.drain(..len)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failure = Some(error),
            }
        }
        if self.failure.is_some() && !self.precious {
            self.pending.clear();
        }
    }
}
