// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects as text: one trait for the formats, one printer that writes and keeps track of what got out.

mod json;
mod plain;
mod xml;

pub(crate) use plain::Plain;

use std::{
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use nfacct_netlink::ObjectRef;

use crate::{Context, error::Error};

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Plain,
    Xml,
    /// The `json` of nfacct 1.0.2.
    LegacyJson,
}

/// Turns objects into text. A document without objects is empty, as scripts expect.
trait Formatter {
    /// What comes before the first object.
    fn begin(&self, _text: &mut Vec<u8>) {}
    /// An object; `first` tells whether it is the first one.
    fn object(&self, text: &mut Vec<u8>, object: &ObjectRef<'_>, first: bool);
    /// What comes after the last object.
    fn end(&self, _text: &mut Vec<u8>) {}
}

/// So much text is collected before it is written.
const CHUNK: usize = 64 * 1024;

/// Writes objects in a format.
pub(crate) struct Printer<'a> {
    output: &'a mut dyn Write,
    formatter: Box<dyn Formatter>,
    /// The objects were reset: their text must not get lost.
    precious: bool,
    /// Text that was not written yet.
    pending: Vec<u8>,
    objects: usize,
    failure: Option<io::Error>,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(context: &'a mut Context<'_>, format: Format, precious: bool) -> Self {
        let formatter: Box<dyn Formatter> = match format {
            Format::Plain => Box::new(Plain::new(context.output_is_terminal)),
            Format::Xml => Box::new(xml::Xml),
            Format::LegacyJson => Box::new(json::LegacyJson::new(now())),
        };
        Self {
            output: context.output,
            formatter,
            precious,
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

    /// Completes the document.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if self.objects > 0 {
            self.formatter.end(&mut self.pending);
        }
        self.abandon()
    }

    /// Writes what there is without completing the document.
    pub(crate) fn abandon(mut self) -> Result<(), Error> {
        self.write();
        match self.failure {
            None => Ok(()),
            Some(source) if self.precious => Err(Error::Lost {
                source,
                objects: self.objects,
                unwritten: self.pending,
            }),
            // Whoever closed the pipe has seen enough.
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Some(error) => Err(Error::Output(error)),
        }
    }

    /// Writes the pending text; after a failure it is kept if it is precious, else dropped.
    fn write(&mut self) {
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

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// Appends a number of 20 digits.
fn push_padded(text: &mut Vec<u8>, mut value: u64) {
    let mut digits = [b'0'; 20];
    for digit in digits.iter_mut().rev() {
        // A remainder of 10 fits.
        #[allow(clippy::cast_possible_truncation)]
        let remainder = (value % 10) as u8;
        *digit += remainder;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    text.extend(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_numbers() {
        for value in [0, 7, 10, 999, u64::MAX] {
            let mut text = Vec::new();
            push_padded(&mut text, value);
            assert_eq!(String::from_utf8(text).unwrap(), format!("{value:020}"));
        }
    }
}
