// SPDX-License-Identifier: GPL-2.0-only
//! A builder of netlink messages that can also build wrong ones.

use super::consts::{BYTES, FILTER, FILTER_MASK, FILTER_VALUE, NAME, NESTED, PKTS};

/// Length of a netlink header.
pub const HEADER: usize = 16;

/// Sequence number of a request that sets no other.
pub const SEQ: u32 = 0x2a;

/// One request under construction; the length field follows every change.
#[derive(Clone, Debug)]
pub struct Msg {
    bytes: Vec<u8>,
}

impl Msg {
    /// A request with an all-zero `nfgenmsg`.
    pub fn new(kind: u16, flags: u16) -> Self {
        Self::bare(kind, flags).raw(&[0; 4])
    }

    /// A request about one object.
    pub fn named(kind: u16, flags: u16, name: &str) -> Self {
        Self::new(kind, flags).name(name.as_bytes())
    }

    /// A request that is only a netlink header.
    pub fn bare(kind: u16, flags: u16) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(0u32.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(SEQ.to_ne_bytes());
        bytes.extend(0u32.to_ne_bytes());
        Self { bytes }.sized()
    }

    fn sized(self) -> Self {
        let len = self.bytes.len() as u32;
        self.claim(len)
    }

    /// Writes `len` into the length field, true or not.
    pub fn claim(mut self, len: u32) -> Self {
        self.bytes[..4].copy_from_slice(&len.to_ne_bytes());
        self
    }

    /// Sets the sequence number.
    pub fn seq(mut self, seq: u32) -> Self {
        self.bytes[8..12].copy_from_slice(&seq.to_ne_bytes());
        self
    }

    /// Sets the port id that the sender claims.
    pub fn pid(mut self, pid: u32) -> Self {
        self.bytes[12..16].copy_from_slice(&pid.to_ne_bytes());
        self
    }

    /// Sets the three fields of `nfgenmsg`.
    pub fn gen(mut self, family: u8, version: u8, res_id: u16) -> Self {
        self.bytes[16] = family;
        self.bytes[17] = version;
        self.bytes[18..20].copy_from_slice(&res_id.to_be_bytes());
        self
    }

    /// Appends bytes as they are, without padding.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self.sized()
    }

    /// Appends an attribute with its right length, padded.
    pub fn attr(self, kind: u16, payload: &[u8]) -> Self {
        let len = payload.len() + 4;
        self.attr_claim(kind, len as u16, payload)
    }

    /// Appends an attribute whose length field says `claim`.
    pub fn attr_claim(self, kind: u16, claim: u16, payload: &[u8]) -> Self {
        self.raw(&attr_bytes(kind, claim, payload))
    }

    /// Appends a name with its NUL.
    pub fn name(self, name: &[u8]) -> Self {
        self.attr(NAME, &[name, &[0]].concat())
    }

    /// Appends a 64-bit number in network byte order.
    pub fn be64(self, kind: u16, value: u64) -> Self {
        self.attr(kind, &value.to_be_bytes())
    }

    /// Appends a 32-bit number in network byte order.
    pub fn be32(self, kind: u16, value: u32) -> Self {
        self.attr(kind, &value.to_be_bytes())
    }

    /// Appends both counters.
    pub fn counters(self, pkts: u64, bytes: u64) -> Self {
        self.be64(PKTS, pkts).be64(BYTES, bytes)
    }

    /// Appends the dump filter as the C library builds it.
    pub fn filter(self, mask: u32, value: u32) -> Self {
        let inner = [
            attr_bytes(FILTER_MASK, 8, &mask.to_be_bytes()),
            attr_bytes(FILTER_VALUE, 8, &value.to_be_bytes()),
        ]
        .concat();
        self.attr(FILTER | NESTED, &inner)
    }

    /// The finished bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// An attribute as bytes, for nesting.
pub fn attr_bytes(kind: u16, claim: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 8);
    out.extend(claim.to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend_from_slice(payload);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// Several messages as one buffer, each starting on a 4-byte boundary.
pub fn batch(messages: &[Msg]) -> Vec<u8> {
    let mut out = Vec::new();
    for msg in messages {
        out.extend_from_slice(msg.bytes());
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::consts::{ACK, CREATE, DUMP, GET, NEW, REQUEST};
    use crate::wire::hex;

    #[test]
    fn add_is_the_message_of_the_c_tool() {
        let msg = Msg::new(NEW, REQUEST | ACK | CREATE)
            .name(b"n1")
            .counters(0, 0);
        assert_eq!(msg.bytes().len(), 52);
        assert_eq!(
            hex(msg.bytes()),
            "340000000007050\
             42a00000000000000000000000700\
             01006e310000\
             0c00020000000000000000000c0003000000000000000000"
                .replace(' ', "")
        );
    }

    #[test]
    fn filtered_dump_is_40_bytes() {
        let msg = Msg::new(GET, REQUEST | DUMP).filter(2, 2);
        assert_eq!(msg.bytes().len(), 40);
        assert_eq!(msg.bytes()[..4], 40u32.to_ne_bytes());
    }

    #[test]
    fn claims_may_lie() {
        let msg = Msg::new(GET, REQUEST).attr_claim(NAME, 3, b"abc").claim(7);
        assert_eq!(msg.bytes()[..4], 7u32.to_ne_bytes());
        assert_eq!(msg.bytes()[20..22], 3u16.to_ne_bytes());
        assert_eq!(msg.bytes().len(), 28);
    }

    #[test]
    fn batch_aligns_every_message() {
        let odd = Msg::bare(GET, REQUEST).raw(&[1, 2, 3]);
        assert_eq!(batch(&[odd.clone(), odd]).len(), 40);
    }
}
