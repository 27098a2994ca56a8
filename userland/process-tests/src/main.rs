// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `nfacct` command, but its sockets lead to a fake kernel in the process that started it.

#![allow(clippy::expect_used)] // Without the other process there is nothing to do.

use std::{ffi::OsStr, process::ExitCode};

use nfacct::Sockets;
use nfacct_netlink::{Error, Transport};
use nix::{
    sys::{ptrace, signal},
    unistd::Pid,
};
use process_tests::{Link, TRACED};

/// Sockets to the fake kernel.
struct Links;

impl Sockets for Links {
    fn open(&mut self, _: Option<&OsStr>) -> Result<Box<dyn Transport>, Error> {
        Ok(Box::new(Link::open()))
    }
}

fn main() -> ExitCode {
    if std::env::var_os(TRACED).is_some() {
        ptrace::traceme().expect("the tracer");
        signal::kill(Pid::this(), signal::SIGSTOP).expect("a stop");
    }
    nfacct::process(&mut Links)
}
