// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows as text and as JSON.

use std::time::Duration;

use super::sample::Row;
use crate::{
    output::{json, now, push_escaped, push_rows},
    quantity,
};

/// Titles of the columns.
pub(super) const TITLES: [&str; 7] = ["NAME", "BITS/S", "PACKETS/S", "BYTES", "PACKETS", "USED", "TO QUOTA"];

/// The cells of a row.
pub(super) fn cells(row: &Row) -> Vec<String> {
    let mut name = Vec::new();
    push_escaped(&mut name, &row.name);
    let mut name = String::from_utf8_lossy(&name).into_owned();
    if let Some(objects) = row.group {
        name = format!("{name} ({objects})");
    }
    let dash = || "-".to_owned();
    vec![
        name,
        rate(row.bit_rate),
        rate(row.packet_rate),
        quantity::bytes(row.bytes),
        quantity::count(row.packets),
        row.used.map_or_else(dash, |used| format!("{:.1}%", used * 100.0)),
        row.to_quota.map_or_else(dash, duration),
    ]
}

/// A rate with three digits; a slow one keeps a decimal.
pub(super) fn rate(value: f64) -> String {
    if value > 0.0 && value < 100.0 {
        return format!("{value:.1}");
    }
    // A float beyond 64 bits becomes the largest number, which is right here.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    quantity::count(value.round() as u64)
}

/// A time span in its two largest units.
fn duration(seconds: f64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    // As above; more than a hundred million years are no use to anybody.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let mut left = seconds.ceil() as u64;
    if left > 999 * 86_400 {
        return ">999d".to_owned();
    }
    let mut parts = Vec::new();
    for (unit, letter) in UNITS {
        let count = left / unit;
        if count > 0 || (unit == 1 && parts.is_empty()) {
            parts.push(format!("{count}{letter}"));
        }
        left %= unit;
    }
    parts.truncate(2);
    parts.concat()
}

/// Appends a table.
pub(super) fn push_table(text: &mut Vec<u8>, rows: &[Row]) {
    let mut lines = vec![TITLES.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(cells));
    let left = [true, false, false, false, false, false, false];
    push_rows(text, &left, lines.iter());
}

/// Appends a document on one line.
pub(super) fn push_json(text: &mut Vec<u8>, rows: &[Row], elapsed: Duration) {
    let head = format!(
        "{{\"schema\":\"{}\",\"time\":{:.3},\"interval\":{:.3},\"rates\":[",
        json::SCHEMA,
        now().as_secs_f64(),
        elapsed.as_secs_f64()
    );
    text.extend(head.as_bytes());
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.push(b'{');
        json::push_name(text, &row.name);
        if let Some(objects) = row.group {
            text.extend(format!(",\"objects\":{objects}").as_bytes());
        }
        let numbers = format!(
            ",\"packets\":{},\"bytes\":{},\"packets_per_second\":{:.3},\"bits_per_second\":{:.3}",
            row.packets, row.bytes, row.packet_rate, row.bit_rate
        );
        text.extend(numbers.as_bytes());
        if let Some(used) = row.used {
            text.extend(format!(",\"quota_used\":{used:.6}").as_bytes());
        }
        if let Some(seconds) = row.to_quota {
            text.extend(format!(",\"seconds_to_quota\":{seconds:.3}").as_bytes());
        }
        text.push(b'}');
    }
    text.extend(b"]}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        for (seconds, text) in [
            (0.0, "0s"),
            (0.2, "1s"),
            (59.0, "59s"),
            (61.0, "1m1s"),
            (3600.0, "1h"),
            (3661.0, "1h1m"),
            (90_000.0, "1d1h"),
            (1e18, ">999d"),
            (f64::INFINITY, ">999d"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn rates() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.2"),
            (99.96, "100.0"),
            (123.4, "123"),
            (1_250_000.0, "1.2M"),
        ] {
            assert_eq!(rate(value), text);
        }
    }
}
