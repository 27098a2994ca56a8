// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program of `monitor --exec`.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::ffi::OsStrExt,
    process::{Command, Stdio},
};

use nfacct_netlink::{ObjectRef, QuotaKind};

use super::Event;

/// A program and its arguments.
pub(super) struct Hook {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Hook {
    /// `None` if there is nothing to run.
    pub(super) fn new(words: &[OsString]) -> Option<Self> {
        let (program, arguments) = words.split_first()?;
        Some(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
        })
    }

    /// Runs the program and waits for its end; the kernel queues the events that happen meanwhile.
    pub(super) fn run(&self, event: Event, object: &ObjectRef<'_>) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            // Our standard output is a stream of events and nothing else.
            .stdout(io::stderr())
            .env("NFACCT_EVENT", event.word())
            .env("NFACCT_NAME", OsStr::from_bytes(object.name))
            .env("NFACCT_PACKETS", object.packets.to_string())
            .env("NFACCT_BYTES", object.bytes.to_string());
        if let Some(quota) = object.quota {
            let kind = match quota.kind {
                QuotaKind::Packets => "packets",
                QuotaKind::Bytes => "bytes",
                QuotaKind::Unknown => "unknown",
            };
            command
                .env("NFACCT_QUOTA_KIND", kind)
                .env("NFACCT_QUOTA_LIMIT", quota.limit.to_string());
        }
        let program = self.program.to_string_lossy();
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{program}: {status}")),
            Err(error) => Err(format!("cannot run {program}: {error}")),
        }
    }
}
