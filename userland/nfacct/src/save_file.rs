// SPDX-License-Identifier: MIT OR Apache-2.0
//! The format of `save`: one object per line, names quoted without loss, and an end line that shows a cut file.
//!
//! ```text
//! # nfacct save 1
//! add "guest" packets=3 bytes=3000 bytes-quota=2048
//! end 1
//! ```

use nfacct_netlink::{Name, NewObject, ObjectRef, QuotaKind};

/// The first line.
pub(crate) const HEADER: &str = "# nfacct save 1\n";

/// Appends the line of an object.
pub(crate) fn push_object(text: &mut Vec<u8>, object: &ObjectRef<'_>) {
    text.extend(b"add \"");
    text.extend(object.name.escape_ascii().to_string().as_bytes());
    text.extend(format!("\" packets={} bytes={}", object.packets, object.bytes).as_bytes());
    if let Some(quota) = object.quota {
        let kind = match quota.kind {
            QuotaKind::Packets => "packets-quota",
            QuotaKind::Bytes => "bytes-quota",
            QuotaKind::Unknown => "unknown-quota",
        };
        text.extend(format!(" {kind}={}", quota.limit).as_bytes());
    }
    text.push(b'\n');
}

/// Appends the last line.
pub(crate) fn push_end(text: &mut Vec<u8>, objects: usize) {
    text.extend(format!("end {objects}\n").as_bytes());
}

/// A line with content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Object(NewObject),
    /// The last line: so many objects come before it.
    End(usize),
}

/// Understands a line without its line break.
pub(crate) fn parse(line: &[u8]) -> Result<Line, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "is not plain text")?;
    if let Some(count) = line.strip_prefix("end ") {
        return count.parse().map(Line::End).map_err(|_| "has no number after \"end\"");
    }
    let rest = line
        .strip_prefix("add \"")
        .ok_or("is neither 'add \"NAME\"...' nor 'end NUMBER'")?;
    let (name, rest) = unquote(rest).ok_or("has a name that is not quoted as by 'save'")?;
    let name = Name::new(name).map_err(|_| "has a name that is empty, longer than 31 bytes, or contains NUL")?;
    let (mut packets, mut bytes, mut quota) = (None, None, None);
    for field in rest.split_ascii_whitespace() {
        let number = |text: &str| text.parse::<u64>().map_err(|_| "has a number that is none of 64 bits");
        let (key, value) = field.split_once('=').ok_or("has a field without '='")?;
        let repeated = match key {
            "packets" => packets.replace(number(value)?).is_some(),
            "bytes" => bytes.replace(number(value)?).is_some(),
            "packets-quota" => quota.replace((QuotaKind::Packets, number(value)?)).is_some(),
            "bytes-quota" => quota.replace((QuotaKind::Bytes, number(value)?)).is_some(),
            _ => return Err("has a field of unknown name"),
        };
        if repeated {
            return Err("has a field twice");
        }
    }
    let object = NewObject::new(name).counters(
        packets.ok_or("has no field \"packets\"")?,
        bytes.ok_or("has no field \"bytes\"")?,
    );
    Ok(Line::Object(match quota {
        Some((kind, limit)) => object.quota(kind, limit),
        None => object,
    }))
}

/// Undoes `escape_ascii` up to the closing quote; returns what follows it.
fn unquote(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut name = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((name, text.get(text.len() - rest.len()..)?)),
            b'\\' => {
                let (escape, after) = rest.split_first()?;
                rest = after;
                name.push(match escape {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'x' => {
                        let (digits, after) = rest.split_at_checked(2)?;
                        rest = after;
                        u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
                    }
                    b'"' | b'\'' | b'\\' => *escape,
                    _ => return None,
                });
            }
            byte => name.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &[u8]) -> NewObject {
        NewObject::new(Name::new(name).unwrap())
    }

    #[test]
    fn lines() {
        assert_eq!(
            parse(b"add \"a \\\"b\\\\\\xff\\n\" packets=1 bytes=2"),
            Ok(Line::Object(object(b"a \"b\\\xff\n").counters(1, 2)))
        );
        assert_eq!(
            parse(b"add \"q\" bytes-quota=5 bytes=18446744073709551615 packets=0"),
            Ok(Line::Object(
                object(b"q").counters(0, u64::MAX).quota(QuotaKind::Bytes, 5)
            ))
        );
        assert_eq!(parse(b"end 12"), Ok(Line::End(12)));
    }

    #[test]
    fn refused() {
        for line in [
            "",
            "add a packets=1 bytes=2",
            "add \"a packets=1 bytes=2",
            "add \"\" packets=1 bytes=2",
            "add \"a\\x0\" packets=1 bytes=2",
            "add \"a\\x00\" packets=1 bytes=2",
            "add \"a\\q\" packets=1 bytes=2",
            "add \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\" packets=1 bytes=2",
            "add \"a\" packets=1",
            "add \"a\" bytes=1",
            "add \"a\" packets=1 bytes=2 packets=3",
            "add \"a\" packets=1 bytes=-2",
            "add \"a\" packets=1 bytes=18446744073709551616",
            "add \"a\" packets=1 bytes=2 colour=red",
            "add \"a\" packets=1 bytes=2 packets-quota=1 bytes-quota=1",
            "end",
            "end x",
        ] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}
