// SPDX-License-Identifier: GPL-2.0-only
//! One of the two programs with a network namespace of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};

use super::record::{Outcome, Record, Step};
use crate::env::cmd::must;
use crate::env::modules::{no_autoload, unload_pair};
use crate::env::netns::Netns;
use crate::env::proc::NOBODY;
use crate::harness::skip;
use crate::wire::consts::{GET, LIST};
use crate::wire::{Acct, Msg};

/// Where the programs lie.
const THEIRS: &str = "/usr/sbin/nfacct";
const OURS: &str = "/usr/local/bin/nfacct";

/// The first port that rules count; every object has its own.
const PORT: usize = 20_000;

/// Bytes of a packet before its payload.
const HEADERS: usize = 28;

/// What a command did.
pub struct Done {
    pub outcome: Outcome,
    /// The table that it left, or why there is none.
    pub table: String,
}

/// A program, its namespace, and the objects that rules were made for.
pub struct Side {
    program: &'static str,
    home: Netns,
    acct: Acct,
    objects: Vec<String>,
}

impl Side {
    pub fn theirs() -> Self {
        Self::new(THEIRS)
    }

    pub fn ours() -> Self {
        Self::new(OURS)
    }

    fn new(program: &'static str) -> Self {
        if !Path::new(program).exists() {
            skip(&format!("{program} is not installed"));
        }
        let home = Netns::new();
        let acct = home.within(Acct::open);
        Self {
            program,
            home,
            acct,
            objects: Vec::new(),
        }
    }

    /// Prepares and runs a recorded command.
    pub fn replay(&mut self, record: &Record) -> Done {
        for step in &record.before {
            self.prepare(step);
        }
        self.run(&record.argv, &record.stdin, record.privileged)
    }

    /// Runs a command and looks at the table afterwards.
    pub fn run(&self, argv: &[Vec<u8>], stdin: &[u8], privileged: bool) -> Done {
        let outcome = self.home.within(|| execute(self.program, argv, stdin, privileged));
        Done {
            outcome,
            table: self.table(),
        }
    }

    fn table(&self) -> String {
        let reply = self.acct.sock.exchange(&Msg::new(GET, LIST));
        if reply.done() {
            format!("{:?}", reply.objects())
        } else {
            reply.outcome()
        }
    }

    fn prepare(&mut self, step: &Step) {
        match step {
            Step::Command(argv) => {
                self.home.within(|| execute(self.program, argv, b"", true));
            }
            Step::Rule(name, wanted) => {
                let port = self.port(name);
                let action = if *wanted { "-A" } else { "-D" };
                self.home.within(|| {
                    must(&format!(
                        "iptables-legacy {action} OUTPUT -p udp --dport {port} \
                         -m nfacct --nfacct-name {name}"
                    ));
                });
            }
            Step::Packets(name, count, size) => {
                let target = format!("127.0.0.1:{}", self.port(name));
                self.home.within(|| {
                    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
                    for _ in 0..*count {
                        socket.send_to(&vec![0; size - HEADERS], &target).expect("packet");
                    }
                });
            }
            Step::NoSubsystem => {
                no_autoload();
                unload_pair();
            }
        }
    }

    /// The port whose packets the rule of an object counts.
    fn port(&mut self, name: &str) -> usize {
        let known = self.objects.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.objects.push(name.to_owned());
            self.objects.len() - 1
        });
        PORT + index
    }
}

/// Runs a program under the name that `argv` begins with.
fn execute(program: &str, argv: &[Vec<u8>], stdin: &[u8], privileged: bool) -> Outcome {
    let words: Vec<&OsStr> = argv.iter().map(|word| OsStr::from_bytes(word)).collect();
    let mut command = Command::new(program);
    command
        .arg0(words[0])
        .args(&words[1..])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if !privileged {
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().expect("piped").write_all(stdin);
    let done = child.wait_with_output().expect("output");
    let latin1 = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    Outcome {
        stdout: without_time(&latin1(&done.stdout)),
        stderr: latin1(&done.stderr),
        exit: done.status.signal().map_or_else(|| done.status.code().unwrap_or(-1), |s| 128 + s),
    }
}

/// Masks the time stamp of the JSON header, as the recording does.
fn without_time(text: &str) -> String {
    const KEY: &str = "\"timestamp\" : ";
    match text.split_once(KEY) {
        Some((head, tail)) => {
            let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{head}{KEY}T{rest}")
        }
        None => text.to_string(),
    }
}
