// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program of `monitor --exec`.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::ffi::OsStrExt,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nfacct_netlink::{ObjectRef, QuotaKind};

use super::Event;

/// A program and its arguments.
pub(super) struct Hook {
    program: OsString,
    arguments: Vec<OsString>,
    /// After this time it is killed.
    timeout: Duration,
}

impl Hook {
    /// `None` if there is nothing to run.
    pub(super) fn new(words: &[OsString], timeout: Duration) -> Option<Self> {
        let (program, arguments) = words.split_first()?;
        Some(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
            timeout,
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
        match command.spawn().and_then(|child| self.wait(child)) {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(format!("{program}: {status}")),
            Ok(None) => Err(format!(
                "{program}: killed after {} seconds",
                self.timeout.as_secs_f64()
            )),
            Err(error) => Err(format!("cannot run {program}: {error}")),
        }
    }

    /// How the program ended; `None` if it had to be killed.
    fn wait(&self, mut child: Child) -> io::Result<Option<ExitStatus>> {
        let end = Instant::now() + self.timeout;
        // The standard library cannot wait with a limit. Most programs end soon, so the looks begin close together.
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }
}
