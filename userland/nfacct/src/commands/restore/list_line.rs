// SPDX-License-Identifier: MIT OR Apache-2.0
//! A line of the output of `list`, read as `sscanf` of the C tool does.

use nfacct_netlink::{Name, NewObject, QuotaKind};

use crate::{
    error::Error,
    legacy::number::{is_blank, scan_u64},
};

/// Understands a line of the output of `list`.
///
/// Unlike the C tool it also takes what `list` prints for quota objects (with `overquota`), names that contain
/// "quota", and names with blanks in them.
pub(super) fn parse_line(line: &[u8]) -> Result<NewObject, Error> {
    // To C a NUL byte is the end of the text.
    let text = line.split(|&b| b == 0).next().unwrap_or_default();
    let end = text.iter().position(|&b| b == b';').ok_or(Error::Line {
        what: "invalid line",
        out_of_range: false,
    })?;
    let mut scan = Scan {
        text: text.get(..end).unwrap_or_default(),
        out_of_range: false,
    };
    parse_object(&mut scan).ok_or(Error::Line {
        what: "error reading input",
        out_of_range: scan.out_of_range,
    })
}

fn parse_object(scan: &mut Scan<'_>) -> Option<NewObject> {
    scan.text = scan.text.strip_prefix(b"{")?;
    let packets = scan.field("pkts")?;
    scan.comma()?;
    let bytes = scan.field("bytes")?;
    let mut quota = None;
    if scan.comma().is_some() {
        let limit = scan.field("quota")?;
        scan.comma()?;
        scan.token(b"mode")?;
        scan.token(b"=")?;
        let mut mode = scan.word()?;
        if let Some(shorter) = mode.strip_suffix(b",") {
            mode = shorter;
            scan.over_quota()?;
        }
        let kind = if mode == b"byte" {
            QuotaKind::Bytes
        } else {
            QuotaKind::Packets
        };
        quota = Some((kind, limit));
    }
    scan.token(b"}")?;
    scan.token(b"=")?;
    let name = scan.rest();
    if name.is_empty() {
        return None;
    }
    let object = NewObject::new(Name::truncated(name)).counters(packets, bytes);
    Some(match quota {
        Some((kind, limit)) => object.quota(kind, limit),
        None => object,
    })
}

/// The text that is still to be read. White space is optional before tokens, as after a blank in a `scanf` pattern.
struct Scan<'a> {
    text: &'a [u8],
    /// A number was too large, which the C tool adds to an error of this line.
    out_of_range: bool,
}

impl<'a> Scan<'a> {
    fn skip_blanks(&mut self) {
        while let Some((b, rest)) = self.text.split_first() {
            if !is_blank(*b) {
                break;
            }
            self.text = rest;
        }
    }

    fn token(&mut self, token: &[u8]) -> Option<()> {
        self.skip_blanks();
        self.text = self.text.strip_prefix(token)?;
        Some(())
    }

    /// In the pattern of the C tool there is no blank before a comma.
    fn comma(&mut self) -> Option<()> {
        self.text = self.text.strip_prefix(b",")?;
        Some(())
    }

    /// `NAME = NUMBER`
    fn field(&mut self, name: &str) -> Option<u64> {
        self.token(name.as_bytes())?;
        self.token(b"=")?;
        let (value, rest) = scan_u64(self.text)?;
        self.text = rest;
        self.out_of_range |= value.is_none();
        Some(value.unwrap_or(u64::MAX))
    }

    /// Everything up to the next white space.
    fn word(&mut self) -> Option<&'a [u8]> {
        self.skip_blanks();
        let len = self.text.iter().take_while(|b| !is_blank(**b)).count();
        let (word, rest) = self.text.split_at_checked(len)?;
        self.text = rest;
        (!word.is_empty()).then_some(word)
    }

    /// `overquota = yes|no`; the kernel finds that out again by itself.
    fn over_quota(&mut self) -> Option<()> {
        self.token(b"overquota")?;
        self.token(b"=")?;
        matches!(self.word()?, b"yes" | b"no").then_some(())
    }

    /// All that is left, without blanks around it.
    fn rest(&mut self) -> &'a [u8] {
        self.skip_blanks();
        let end = self.text.iter().rposition(|&b| !is_blank(b)).map_or(0, |at| at + 1);
        self.text.get(..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<NewObject> {
        parse_line(line.as_bytes()).ok()
    }

    fn refused(line: &str) -> String {
        parse_line(line.as_bytes()).unwrap_err().to_string()
    }

    fn object(name: &str) -> NewObject {
        NewObject::new(Name::new(name).unwrap())
    }

    #[test]
    fn what_list_prints() {
        assert_eq!(
            parsed("{ pkts = 00000000000000000005, bytes = 00000000000000000500 } = a;\n"),
            Some(object("a").counters(5, 500))
        );
        assert_eq!(
            parsed("{ pkts = 1, bytes = 2, quota = 00000000000000000100, mode = byte, overquota = yes } = q;\n"),
            Some(object("q").counters(1, 2).quota(QuotaKind::Bytes, 100))
        );
    }

    #[test]
    fn what_the_c_tool_takes() {
        let quota = |kind| object("q").counters(1, 2).quota(kind, 3);
        assert_eq!(parsed("{pkts=1,bytes=2}=a;"), Some(object("a").counters(1, 2)));
        assert_eq!(
            parsed("{\tpkts  =  -1,bytes = +2}\n =  a;x"),
            Some(object("a").counters(u64::MAX, 2))
        );
        assert_eq!(
            parsed("{ pkts = 1, bytes = 2, quota = 3, mode = byte } = q;"),
            Some(quota(QuotaKind::Bytes))
        );
        assert_eq!(
            parsed("{ pkts = 1, bytes = 2, quota = 3, mode = bogus } = q;"),
            Some(quota(QuotaKind::Packets))
        );
    }

    #[test]
    fn what_the_c_tool_cannot_restore() {
        assert_eq!(
            parsed("{ pkts = 1, bytes = 2 } = myquota;"),
            Some(object("myquota").counters(1, 2))
        );
        assert_eq!(
            parsed("{ pkts = 1, bytes = 2 } = a b ;"),
            Some(object("a b").counters(1, 2))
        );
    }

    #[test]
    fn numbers_that_are_too_large() {
        let line = "{ pkts = 18446744073709551616, bytes = 1 } = a;";
        assert_eq!(parsed(line), Some(object("a").counters(u64::MAX, 1)));
        let wrong = "{ pkts = 18446744073709551616, bytes = x } = a;";
        assert_eq!(refused(wrong), "error reading input: Numerical result out of range");
    }

    #[test]
    fn what_is_no_object() {
        for line in [
            " { pkts = 1, bytes = 2 } = a;",
            "{ bytes = 1, pkts = 2 } = a;",
            "{ pkts = 1 , bytes = 2 } = a;",
            "{ pkts = 1, bytes = 2 , quota = 3, mode = byte } = q;",
            "{ pkts = 1, bytes = 2, quota = 3 , mode = byte } = q;",
            "{ pkts = 1, bytes = 2, quota = 3, mode = byte , overquota = no } = q;",
            "{ pkts = 0x10, bytes = 010 } = a;",
            "{ pkts = 1, bytes = 2 } = ;",
            "{ pkts = 1, bytes = 2, quota = 3 } = q;",
            "{ pkts = 1, bytes = 2, quota = 3, mode = byte, overquota = maybe } = q;",
            "garbage;",
        ] {
            assert_eq!(refused(line), "error reading input", "{line}");
        }
        for line in ["", "\n", "# comment", "\0{ pkts = 1, bytes = 2 } = a;"] {
            assert_eq!(refused(line), "invalid line", "{line:?}");
        }
    }
}
