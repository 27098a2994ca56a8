// SPDX-License-Identifier: MIT OR Apache-2.0
//! A table for people.

use clap::ValueEnum;
use nfacct_netlink::{ObjectRef, QuotaKind};

use super::{Formatter, push_escaped};
use crate::quantity;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Column {
    /// Name, with control characters as \xNN
    Name,
    /// Packets counted
    Packets,
    /// Bytes counted
    Bytes,
    /// The limit and what it counts
    Quota,
    /// Used part of the quota in percent
    Used,
    /// Was the quota reached?
    Over,
    /// How many rules use the object
    Rules,
}

impl Column {
    /// Shown if nothing else is asked for.
    pub(crate) const DEFAULT: [Self; 6] = [
        Self::Name,
        Self::Packets,
        Self::Bytes,
        Self::Quota,
        Self::Used,
        Self::Rules,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Packets => "PACKETS",
            Self::Bytes => "BYTES",
            Self::Quota => "QUOTA",
            Self::Used => "USED",
            Self::Over => "OVER",
            Self::Rules => "RULES",
        }
    }

    fn cell(self, object: &ObjectRef<'_>, human: bool) -> String {
        let bytes = |value: u64| {
            if human {
                quantity::bytes(value)
            } else {
                value.to_string()
            }
        };
        let count = |value: u64| {
            if human {
                quantity::count(value)
            } else {
                value.to_string()
            }
        };
        let cell = match self {
            Self::Name => {
                let mut text = Vec::new();
                push_escaped(&mut text, object.name);
                Some(String::from_utf8_lossy(&text).into_owned())
            }
            Self::Packets => Some(count(object.packets)),
            Self::Bytes => Some(bytes(object.bytes)),
            Self::Quota => object.quota.map(|quota| match quota.kind {
                QuotaKind::Bytes if human => bytes(quota.limit),
                QuotaKind::Bytes => format!("{} bytes", quota.limit),
                QuotaKind::Packets => format!("{} packets", count(quota.limit)),
                QuotaKind::Unknown => format!("{} of unknown kind", quota.limit),
            }),
            Self::Used => object.quota_used().map(|used| format!("{:.1}%", used * 100.0)),
            Self::Over => object
                .quota
                .map(|quota| if quota.exceeded { "yes" } else { "no" }.to_owned()),
            Self::Rules => object.rules().map(|rules| rules.to_string()),
        };
        cell.unwrap_or_else(|| "-".to_owned())
    }
}

/// Keeps all rows, because the widths of the columns depend on them.
pub(super) struct Table {
    columns: Vec<Column>,
    human: bool,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[Column], human: bool) -> Self {
        Self {
            columns: columns.to_vec(),
            human,
            rows: Vec::new(),
        }
    }
}

impl Formatter for Table {
    fn object(&mut self, _text: &mut Vec<u8>, object: &ObjectRef<'_>, _first: bool) {
        let cells = self.columns.iter().map(|column| column.cell(object, self.human));
        self.rows.push(cells.collect());
    }

    fn kept(&mut self, text: &mut Vec<u8>) {
        let titles: Vec<String> = self.columns.iter().map(|column| column.title().to_owned()).collect();
        let rows = std::mem::take(&mut self.rows);
        let left: Vec<bool> = self.columns.iter().map(|column| *column == Column::Name).collect();
        push_rows(text, &left, std::iter::once(&titles).chain(&rows));
    }
}

/// Appends rows with their cells below each other; `left` tells which columns are not right-aligned.
pub(crate) fn push_rows<'a>(text: &mut Vec<u8>, left: &[bool], rows: impl Iterator<Item = &'a Vec<String>> + Clone) {
    let mut widths = vec![0; left.len()];
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let mut line = String::new();
        for ((cell, width), left) in row.iter().zip(&widths).zip(left) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let blanks = " ".repeat(width - cell.chars().count());
            if *left {
                line.push_str(cell);
                line.push_str(&blanks);
            } else {
                line.push_str(&blanks);
                line.push_str(cell);
            }
        }
        text.extend(line.trim_end().as_bytes());
        text.push(b'\n');
    }
}
