// SPDX-License-Identifier: GPL-2.0-only
//! Raw netlink: builder, parser and socket, independent of any client library.

pub mod acct;
pub mod build;
pub mod consts;
pub mod fuzz;
pub mod parse;
pub mod reply;
pub mod socket;

pub use acct::Acct;
pub use build::{attr_bytes, batch, Msg};
pub use parse::{attrs, messages, Message, Object};
pub use reply::Reply;
pub use socket::Sock;

use std::fmt::Write;

/// Lower-case hexadecimal digits without separators.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The symbol of an error number, or the number.
pub fn errno_name(errno: i32) -> String {
    let name = match errno {
        0 => "0",
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::EACCES => "EACCES",
        libc::EINTR => "EINTR",
        libc::EAGAIN => "EAGAIN",
        libc::ENOMEM => "ENOMEM",
        libc::EBUSY => "EBUSY",
        libc::EEXIST => "EEXIST",
        libc::EINVAL => "EINVAL",
        libc::ERANGE => "ERANGE",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        libc::ENOBUFS => "ENOBUFS",
        libc::ENOPROTOOPT => "ENOPROTOOPT",
        libc::EPROTONOSUPPORT => "EPROTONOSUPPORT",
        other => return other.to_string(),
    };
    name.into()
}

/// FNV-1a, to compare long replies by one number.
pub fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, b| {
        (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Start value of [`fnv`].
pub const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_digits() {
        assert_eq!(hex(&[0, 0x7f, 0xff]), "007fff");
    }

    #[test]
    fn fnv_known_value() {
        assert_eq!(fnv(FNV_START, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(fnv(FNV_START, b"a"), b"b"), fnv(FNV_START, b"ab"));
    }

    #[test]
    fn errno_symbols() {
        assert_eq!(errno_name(libc::ENOENT), "ENOENT");
        assert_eq!(errno_name(12345), "12345");
    }
}
