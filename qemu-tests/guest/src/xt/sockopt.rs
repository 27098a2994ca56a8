// SPDX-License-Identifier: GPL-2.0-only
//! The socket options of `ip_tables` and `ip6_tables`.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::blob::{Family, Hook, Rule, Table, VALID_HOOKS};
use crate::env::cmd;

const BASE: i32 = 64;
const SET_REPLACE: i32 = BASE;
const GET_INFO: i32 = BASE;
const GET_ENTRIES: i32 = BASE + 1;

/// Number of the revision query, which differs between the families.
const fn get_revision(family: Family) -> i32 {
    match family {
        Family::V4 => BASE + 2,
        Family::V6 => BASE + 4,
    }
}

/// Size of `struct ipt_getinfo`, and offset of its last two fields.
const INFO: usize = 84;
const INFO_COUNT: usize = 76;
const INFO_SIZE: usize = 80;

/// A raw socket, the handle on the tables of the caller's namespace.
pub struct Tables {
    fd: OwnedFd,
    family: Family,
}

fn table_name() -> Vec<u8> {
    let mut name = b"filter".to_vec();
    name.resize(32, 0);
    name
}

impl Tables {
    /// Opens the tables and has their modules loaded.
    pub fn open(family: Family) -> Self {
        let tables = Self::try_open(family).expect("raw socket");
        let missing = Some(libc::ENOPROTOOPT);
        if tables.info().is_err_and(|e| e.raw_os_error() == missing) {
            let module = match family {
                Family::V4 => "ip_tables",
                Family::V6 => "ip6_tables",
            };
            cmd::must(&format!("modprobe {module}"));
        }
        tables
    }

    /// Opens the socket only.
    pub fn try_open(family: Family) -> io::Result<Self> {
        let domain = match family {
            Family::V4 => libc::AF_INET,
            Family::V6 => libc::AF_INET6,
        };
        // SAFETY: Plain system call; the result is checked before use.
        let fd = unsafe {
            libc::socket(
                domain,
                libc::SOCK_RAW | libc::SOCK_CLOEXEC,
                libc::IPPROTO_RAW,
            )
        };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: The descriptor was just made and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd, family })
    }

    const fn level(&self) -> i32 {
        match self.family {
            Family::V4 => libc::IPPROTO_IP,
            Family::V6 => libc::IPPROTO_IPV6,
        }
    }

    fn get(&self, option: i32, buf: &mut [u8]) -> io::Result<()> {
        let mut len = buf.len() as u32;
        // SAFETY: `buf` is writable for `len` bytes.
        let ret = unsafe {
            libc::getsockopt(
                self.fd.as_raw_fd(),
                self.level(),
                option,
                buf.as_mut_ptr().cast(),
                &raw mut len,
            )
        };
        if ret == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Number of entries and their size.
    fn info(&self) -> io::Result<(u32, u32)> {
        let mut buf = table_name();
        buf.resize(INFO, 0);
        self.get(GET_INFO, &mut buf)?;
        let at = |at: usize| u32::from_ne_bytes(buf[at..at + 4].try_into().expect("4 bytes"));
        Ok((at(INFO_COUNT), at(INFO_SIZE)))
    }

    /// Replaces the whole table in one step.
    pub fn replace(&self, rules: &[Rule]) -> io::Result<()> {
        self.prepare(rules)?.commit()
    }

    /// Makes everything ready for [`Replacement::commit`].
    pub fn prepare(&self, rules: &[Rule]) -> io::Result<Replacement<'_>> {
        let table = Table::build(self.family, rules);
        let (old_count, _) = self.info()?;
        let mut old_counters = vec![0u8; old_count as usize * 16];
        let mut buf = table_name();
        buf.extend(VALID_HOOKS.to_ne_bytes());
        buf.extend(table.count.to_ne_bytes());
        buf.extend((table.entries.len() as u32).to_ne_bytes());
        for offset in table.starts.iter().chain(&table.policies) {
            buf.extend(offset.to_ne_bytes());
        }
        buf.extend(old_count.to_ne_bytes());
        buf.extend((old_counters.as_mut_ptr() as usize).to_ne_bytes());
        buf.extend(table.entries);
        Ok(Replacement {
            tables: self,
            buf,
            _old_counters: old_counters,
        })
    }

    /// Replaces the table and gives the error number, 0 for success.
    pub fn try_replace(&self, rules: &[Rule]) -> i32 {
        match self.replace(rules) {
            Ok(()) => 0,
            Err(e) => e.raw_os_error().unwrap_or(-1),
        }
    }

    /// Reads back all entries.
    pub fn entries(&self) -> io::Result<Vec<u8>> {
        let (_, size) = self.info()?;
        let mut buf = table_name();
        buf.extend(size.to_ne_bytes());
        buf.resize(40 + size as usize, 0);
        self.get(GET_ENTRIES, &mut buf)?;
        Ok(buf.split_off(40))
    }

    /// Asks for a match revision: 0 or the error number.
    pub fn revision(&self, name: &str, revision: u8) -> i32 {
        let mut buf = name.as_bytes().to_vec();
        buf.resize(29, 0);
        buf.push(revision);
        match self.get(get_revision(self.family), &mut buf) {
            Ok(()) => 0,
            Err(e) => e.raw_os_error().unwrap_or(-1),
        }
    }
}

/// A table that only has to be handed over.
pub struct Replacement<'a> {
    tables: &'a Tables,
    buf: Vec<u8>,
    /// `buf` holds its address.
    _old_counters: Vec<u8>,
}

impl Replacement<'_> {
    /// One system call: all rules are replaced, or none.
    pub fn commit(&self) -> io::Result<()> {
        // SAFETY: `buf` is valid for its length; the kernel writes 16 bytes for
        // each old counter, for which `_old_counters` has room.
        let ret = unsafe {
            libc::setsockopt(
                self.tables.fd.as_raw_fd(),
                self.tables.level(),
                SET_REPLACE,
                self.buf.as_ptr().cast(),
                self.buf.len() as u32,
            )
        };
        if ret == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

/// Has each object count the IPv4 packets that go out; replaces older rules.
#[track_caller]
pub fn count_output(names: &[&str]) {
    let rules: Vec<_> = names.iter().map(|n| Rule::count(Hook::Out, 1, n)).collect();
    Tables::open(Family::V4).replace(&rules).expect("rules");
}
