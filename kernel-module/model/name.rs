// SPDX-License-Identifier: GPL-2.0-only

//! The name of an accounting object.
//!
//! C counterpart: the `char name[NFACCT_NAME_MAX]` of `struct nf_acct` and the `strncmp()` calls
//! of `nfnetlink_acct.c`. A name is bytes, not text: anything but NUL is allowed.

/// `NFACCT_NAME_MAX`: size of a name including its terminating NUL, in bytes.
pub(crate) const NAME_MAX: usize = 32;

/// A name of 1 to 31 bytes without NUL.
///
/// # Invariants
///
/// `bytes` starts with `len` bytes that are not NUL, `1 <= len < NAME_MAX`; the rest is NUL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    bytes: [u8; NAME_MAX],
    len: u8,
}

impl Name {
    /// Takes the name out of a buffer that C code would read as a string.
    ///
    /// The name ends at the first NUL or at the end of `buffer`. Returns [`None`] if it is empty
    /// or longer than 31 bytes; no object can have such a name.
    pub(crate) fn from_c_buffer(buffer: &[u8]) -> Option<Self> {
        let mut bytes = [0; NAME_MAX];
        let mut len = 0;
        for (to, from) in bytes
            .iter_mut()
            .zip(buffer.iter().take_while(|byte| **byte != 0))
        {
            *to = *from;
            len += 1;
        }
        if len == 0 || usize::from(len) >= NAME_MAX {
            return None;
        }
        // INVARIANT: `len` bytes before the first NUL were copied over zeroes, and the range of
        // `len` was just checked.
        Some(Self { bytes, len })
    }

    /// The bytes of the name, without a NUL.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The bytes of the name and one NUL, as netlink strings carry it.
    pub(crate) fn as_bytes_with_nul(&self) -> &[u8] {
        self.bytes.get(..=usize::from(self.len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(buffer: &[u8]) -> Option<Vec<u8>> {
        Name::from_c_buffer(buffer).map(|name| name.as_bytes().to_vec())
    }

    #[test]
    fn ends_at_the_first_nul() {
        assert_eq!(name(b"foo\0bar\0"), Some(b"foo".to_vec()));
        assert_eq!(name(b"foo"), Some(b"foo".to_vec()));
    }

    #[test]
    fn refuses_empty_names() {
        assert_eq!(name(b""), None);
        assert_eq!(name(b"\0"), None);
        assert_eq!(name(b"\0foo"), None);
    }

    #[test]
    fn accepts_up_to_31_bytes() {
        assert_eq!(name(&[b'x'; 31]), Some(vec![b'x'; 31]));
        assert_eq!(name(&[b'x'; 32]), None);
        assert_eq!(name(&[b'x'; 40]), None);
        let mut terminated = [b'x'; 32];
        terminated[31] = 0;
        assert_eq!(name(&terminated), Some(vec![b'x'; 31]));
    }

    #[test]
    fn takes_any_other_byte() {
        for byte in 1..=255 {
            assert_eq!(name(&[byte, 0]), Some(vec![byte]));
        }
    }

    #[test]
    fn carries_one_nul_on_the_wire() {
        let longest = Name::from_c_buffer(&[b'x'; 31]).unwrap();
        assert_eq!(longest.as_bytes_with_nul().len(), 32);
        assert_eq!(longest.as_bytes_with_nul().last(), Some(&0));
        let short = Name::from_c_buffer(b"a").unwrap();
        assert_eq!(short.as_bytes_with_nul(), b"a\0");
    }
}
