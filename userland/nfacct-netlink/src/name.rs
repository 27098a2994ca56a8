// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of accounting objects: up to 31 bytes of anything but NUL. Not text: the kernel takes invalid UTF-8 too.

use std::{fmt, hash, str::FromStr};

/// Longest name the kernel takes, without the terminating NUL.
pub const NAME_MAX: usize = 31;

/// The name of an accounting object.
///
/// # Invariants
///
/// At most [`NAME_MAX`] bytes, none of them NUL. Only [`Name::truncated`] can make an empty one.
#[derive(Clone, Copy)]
pub struct Name {
    /// The bytes, followed by zeros.
    bytes: [u8; NAME_MAX],
    len: u8,
}

/// Why some bytes cannot name an accounting object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// More than [`NAME_MAX`] bytes.
    #[error("the name has {0} bytes, but at most 31 are possible")]
    TooLong(usize),
    /// NUL ends a name on the wire.
    #[error("the name contains a NUL byte")]
    Nul,
}

impl Name {
    /// Checks `bytes` and makes a name of them.
    ///
    /// ```
    /// use nfacct_netlink::{Name, NameError};
    ///
    /// assert_eq!(Name::new(b"http-\xff")?.as_bytes(), b"http-\xff");
    /// assert_eq!(Name::new(b""), Err(NameError::Empty));
    /// assert_eq!(Name::new([b'x'; 32]), Err(NameError::TooLong(32)));
    /// # Ok::<(), NameError>(())
    /// ```
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, NameError> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            Err(NameError::Empty)
        } else if bytes.len() > NAME_MAX {
            Err(NameError::TooLong(bytes.len()))
        } else if bytes.contains(&0) {
            Err(NameError::Nul)
        } else {
            Ok(Self::copy(bytes))
        }
    }

    /// Takes what the C library would: everything up to the first NUL, cut to [`NAME_MAX`] bytes.
    ///
    /// The result may be empty. The kernel answers such a name with `EINVAL` (create) or `ENOENT`.
    ///
    /// ```
    /// # use nfacct_netlink::Name;
    /// assert_eq!(Name::truncated([b'x'; 40]).as_bytes(), [b'x'; 31]);
    /// assert!(Name::truncated(b"\0rest").as_bytes().is_empty());
    /// ```
    #[must_use]
    pub fn truncated(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        Self::copy(bytes.get(..end.min(NAME_MAX)).unwrap_or_default())
    }

    /// The caller has checked length and content.
    fn copy(source: &[u8]) -> Self {
        let mut bytes = [0; NAME_MAX];
        let mut len = 0;
        for (to, from) in bytes.iter_mut().zip(source) {
            *to = *from;
            len += 1;
        }
        Self { bytes, len }
    }

    /// The bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl TryFrom<&[u8]> for Name {
    type Error = NameError;

    fn try_from(bytes: &[u8]) -> Result<Self, NameError> {
        Self::new(bytes)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Name {}

impl hash::Hash for Name {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

/// Printable ASCII as it is, all else as `\xNN`: safe in logs and on terminals.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().escape_ascii().fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name(b\"{self}\")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(Name::new([b'n'; 31]).unwrap().as_bytes().len(), 31);
        assert_eq!(Name::new([b'n'; 32]), Err(NameError::TooLong(32)));
        assert_eq!(Name::new(b"a\0b"), Err(NameError::Nul));
        assert_eq!(Name::new(b"\0"), Err(NameError::Nul));
        assert_eq!("web".parse::<Name>().unwrap().as_bytes(), b"web");
    }

    #[test]
    fn truncation_may_split_a_character() {
        let long = "é".repeat(20);
        assert_eq!(Name::truncated(&long).as_bytes(), &long.as_bytes()[..31]);
    }

    #[test]
    fn order_is_that_of_the_bytes() {
        let mut names = ["b", "a", "aa", "B"].map(|n| Name::new(n).unwrap());
        names.sort();
        assert_eq!(names.map(|n| n.to_string()), ["B", "a", "aa", "b"]);
    }

    #[test]
    fn equal_if_all_bytes_are() {
        let name = |text| Name::new(text).unwrap();
        let names = std::collections::HashSet::from(["a", "aa", "b", "a"].map(name));
        assert_eq!(names.len(), 3);
        assert!(name("a") != name("b") && name("a") != name("aa"));
        assert_eq!(name("ab").as_ref(), b"ab");
    }

    #[test]
    fn display_neutralises_control_bytes() {
        assert_eq!(Name::new(b"a\x1b[31m").unwrap().to_string(), "a\\x1b[31m");
    }
}
