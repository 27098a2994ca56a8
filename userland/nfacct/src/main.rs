// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `nfacct` command: a process on the sockets of the real kernel.

use std::process::ExitCode;

use nfacct::RealSockets;

fn main() -> ExitCode {
    nfacct::process(&mut RealSockets)
}
