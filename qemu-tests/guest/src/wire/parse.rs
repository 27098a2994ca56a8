// SPDX-License-Identifier: GPL-2.0-only
//! A strict parser of what the kernel sends.

use super::build::HEADER;
use super::consts::{BYTES, FLAGS, NAME, NEW, NLMSG_ERROR, PKTS, QUOTA, USE};

/// One netlink message of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Message type.
    pub kind: u16,
    /// Header flags.
    pub flags: u16,
    /// Sequence number.
    pub seq: u32,
    /// Port id of the addressee.
    pub pid: u32,
    /// What follows the header.
    pub body: &'a [u8],
}

/// An accounting object as a reply describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Name without its NUL.
    pub name: Vec<u8>,
    /// Packets.
    pub pkts: u64,
    /// Bytes.
    pub bytes: u64,
    /// Reference count.
    pub uses: u32,
    /// Flags, present for quota objects only.
    pub flags: Option<u32>,
    /// Quota, present for quota objects only.
    pub quota: Option<u64>,
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    bytes
        .get(at..at + N)
        .and_then(|s| s.try_into().ok())
        .ok_or_else(|| format!("{N} bytes wanted at {at} of {}", bytes.len()))
}

/// Splits a datagram into its messages.
pub fn messages(mut rest: &[u8]) -> Result<Vec<Message<'_>>, String> {
    let mut out = Vec::new();
    while !rest.is_empty() {
        let len = u32::from_ne_bytes(field(rest, 0)?) as usize;
        if len < HEADER || len > rest.len() {
            return Err(format!("message length {len} of {}", rest.len()));
        }
        out.push(Message {
            kind: u16::from_ne_bytes(field(rest, 4)?),
            flags: u16::from_ne_bytes(field(rest, 6)?),
            seq: u32::from_ne_bytes(field(rest, 8)?),
            pid: u32::from_ne_bytes(field(rest, 12)?),
            body: &rest[HEADER..len],
        });
        rest = &rest[len.next_multiple_of(4).min(rest.len())..];
    }
    Ok(out)
}

/// Splits a run of attributes into (type, payload) pairs.
pub fn attrs(mut rest: &[u8]) -> Result<Vec<(u16, &[u8])>, String> {
    let mut out = Vec::new();
    while !rest.is_empty() {
        let len = usize::from(u16::from_ne_bytes(field(rest, 0)?));
        if len < 4 || len > rest.len() {
            return Err(format!("attribute length {len} of {}", rest.len()));
        }
        out.push((u16::from_ne_bytes(field(rest, 2)?), &rest[4..len]));
        rest = &rest[len.next_multiple_of(4).min(rest.len())..];
    }
    Ok(out)
}

impl Message<'_> {
    /// The error number of an acknowledgement (0 or positive), if it is one.
    pub fn error(&self) -> Option<i32> {
        if self.kind != NLMSG_ERROR {
            return None;
        }
        field(self.body, 0).ok().map(|b| -i32::from_ne_bytes(b))
    }

    /// The object that the message describes.
    pub fn object(&self) -> Result<Object, String> {
        if self.kind != NEW {
            return Err(format!("message type {:#x} is no object", self.kind));
        }
        let mut object = Object::default();
        let mut seen = Vec::new();
        for (kind, data) in attrs(self.body.get(4..).ok_or("no nfgenmsg")?)? {
            if seen.contains(&kind) {
                return Err(format!("attribute {kind} twice"));
            }
            seen.push(kind);
            match kind {
                NAME => {
                    let (nul, name) = data.split_last().ok_or("empty name attribute")?;
                    if *nul != 0 || name.contains(&0) {
                        return Err("name without exactly one NUL at its end".into());
                    }
                    object.name = name.to_vec();
                }
                PKTS => object.pkts = u64::from_be_bytes(field(data, 0)?),
                BYTES => object.bytes = u64::from_be_bytes(field(data, 0)?),
                USE => object.uses = u32::from_be_bytes(field(data, 0)?),
                FLAGS => object.flags = Some(u32::from_be_bytes(field(data, 0)?)),
                QUOTA => object.quota = Some(u64::from_be_bytes(field(data, 0)?)),
                other => return Err(format!("unknown attribute {other}")),
            }
        }
        for kind in [NAME, PKTS, BYTES, USE] {
            if !seen.contains(&kind) {
                return Err(format!("attribute {kind} missing"));
            }
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::build::{batch, Msg};
    use crate::wire::consts::DEL;

    fn full() -> Msg {
        Msg::new(NEW, 2).name(b"x").counters(3, 4).be32(USE, 1)
    }

    #[test]
    fn reads_an_object() {
        let msg = full().be32(FLAGS, 5).be64(QUOTA, 9);
        let got = messages(msg.bytes()).unwrap()[0].object().unwrap();
        assert_eq!(got.name, b"x");
        assert_eq!((got.pkts, got.bytes, got.uses), (3, 4, 1));
        assert_eq!((got.flags, got.quota), (Some(5), Some(9)));
    }

    #[test]
    fn reads_a_batch() {
        let bytes = batch(&[full(), Msg::bare(DEL, 0).seq(7)]);
        let got = messages(&bytes).unwrap();
        assert_eq!(got.len(), 2);
        assert_eq!((got[1].kind, got[1].seq), (DEL, 7));
    }

    #[test]
    fn refuses_lengths_that_lie() {
        assert!(messages(full().claim(15).bytes()).is_err());
        assert!(messages(full().claim(999).bytes()).is_err());
        assert!(attrs(&[3, 0, 1, 0]).is_err());
        assert!(attrs(&[8, 0, 1, 0]).is_err());
        assert!(attrs(&[4, 0]).is_err());
    }

    #[test]
    fn refuses_incomplete_objects() {
        let object = |m: Msg| messages(m.bytes()).unwrap()[0].object();
        assert!(object(Msg::new(NEW, 0).name(b"x")).is_err());
        assert!(object(full().name(b"x")).is_err());
        assert!(object(full().be32(0x99, 0)).is_err());
        assert!(object(
            Msg::new(NEW, 0)
                .attr(NAME, b"ab")
                .counters(0, 0)
                .be32(USE, 1)
        )
        .is_err());
    }

    #[test]
    fn reads_error_numbers() {
        let ack = Msg::bare(NLMSG_ERROR, 0).raw(&(-2i32).to_ne_bytes());
        assert_eq!(messages(ack.bytes()).unwrap()[0].error(), Some(2));
        assert_eq!(messages(full().bytes()).unwrap()[0].error(), None);
    }
}
