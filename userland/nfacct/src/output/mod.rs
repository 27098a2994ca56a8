// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects as text: one trait for the formats, one printer that writes and keeps track of what got out.

pub(crate) mod json;
mod legacy_json;
pub(crate) mod openmetrics;
mod plain;
mod printer;
mod table;
mod terminal;
mod xml;

pub(crate) use plain::Plain;
pub(crate) use printer::Printer;
pub(crate) use table::{Column, push_rows};
pub(crate) use terminal::{harmless, is_treacherous, push_escaped};

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use nfacct_netlink::ObjectRef;

/// The formats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// The default of nfacct 1.0.2.
    #[default]
    Plain,
    /// The `xml` of nfacct 1.0.2.
    Xml,
    /// The `json` of nfacct 1.0.2.
    LegacyJson,
    /// Ours.
    Json,
    /// For people.
    Table { columns: Vec<Column>, human: bool },
}

impl Format {
    fn formatter(&self, terminal: bool) -> Box<dyn Formatter> {
        match self {
            Self::Plain => Box::new(Plain::new(terminal)),
            Self::Xml => Box::new(xml::Xml),
            Self::LegacyJson => Box::new(legacy_json::LegacyJson::new(now().as_secs())),
            Self::Json => Box::new(json::Json),
            Self::Table { columns, human } => Box::new(table::Table::new(columns, *human)),
        }
    }
}

/// Options that choose a format.
#[derive(Debug, Args)]
pub(crate) struct Style {
    /// Show a table with these columns
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,...", conflicts_with = "json")]
    columns: Vec<Column>,

    /// Show a table
    #[arg(long, conflicts_with = "json")]
    table: bool,

    /// Show a table with short numbers: 1.5GiB, 20k
    #[arg(short = 'H', long, conflicts_with = "json")]
    human: bool,
}

impl Style {
    pub(crate) fn format(self, json: bool) -> Format {
        if json {
            Format::Json
        } else if self.table || self.human || !self.columns.is_empty() {
            Format::Table {
                columns: if self.columns.is_empty() {
                    Column::DEFAULT.to_vec()
                } else {
                    self.columns
                },
                human: self.human,
            }
        } else {
            Format::Plain
        }
    }
}

/// Turns objects into text.
trait Formatter {
    /// What comes before the first object.
    fn begin(&mut self, _text: &mut Vec<u8>) {}
    /// An object; `first` tells whether it is the first one.
    fn object(&mut self, text: &mut Vec<u8>, object: &ObjectRef<'_>, first: bool);
    /// What was kept back to be shown in one piece.
    fn kept(&mut self, _text: &mut Vec<u8>) {}
    /// What comes after the last object.
    fn end(&mut self, _text: &mut Vec<u8>) {}
    /// The document without objects. In the old formats it is empty: scripts test for that.
    fn nothing(&mut self, _text: &mut Vec<u8>) {}
}

/// Time since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
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
