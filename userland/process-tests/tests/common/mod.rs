// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernels, servers and commands for the tests.

#![allow(dead_code)] // Each test file uses a part of it.
#![allow(clippy::unwrap_used)] // A test may fail.

use std::process::{Child, Output, Stdio};

use fake_kernel::FakeKernel;
use nfacct_netlink::{Client, Name, NewObject};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use process_tests::Server;

pub(crate) const NFACCT: &str = env!("CARGO_BIN_EXE_process-tests");

pub(crate) fn kernel_with(names: impl IntoIterator<Item = Vec<u8>>) -> FakeKernel {
    let kernel = FakeKernel::new();
    let object = |name| NewObject::new(Name::new(name).unwrap()).counters(1, 84);
    let objects: Vec<NewObject> = names.into_iter().map(object).collect();
    let refused = |_, error| panic!("{error}");
    Client::new(kernel.socket()).create_all(&objects, refused).unwrap();
    kernel
}

/// So many objects that have counted a packet each.
pub(crate) fn kernel(objects: usize) -> FakeKernel {
    kernel_with((0..objects).map(|number| format!("object-{number:04}").into_bytes()))
}

pub(crate) fn server(kernel: &FakeKernel) -> Server {
    let kernel = kernel.clone();
    Server::start(move || kernel.socket())
}

/// The command, started by a shell with these redirections or settings before `exec`.
pub(crate) fn through_shell(kernel: &FakeKernel, before: &str, after: &str, args: &[&str]) -> Output {
    let script = format!("{before} exec \"$0\" \"$@\" {after}");
    let args = [&["-c", &script, NFACCT], args].concat();
    server(kernel).command("/bin/sh", &args).output().unwrap()
}

pub(crate) fn left(kernel: &FakeKernel) -> usize {
    usize::try_from(kernel.objects().iter().map(|object| object.packets).sum::<u64>()).unwrap()
}

/// Objects that are shown with one packet.
pub(crate) fn shown(text: &[u8]) -> usize {
    String::from_utf8_lossy(text)
        .matches("{ pkts = 00000000000000000001,")
        .count()
}

pub(crate) fn start(server: &Server, args: &[&str]) -> Child {
    let mut command = server.command(NFACCT, args);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

pub(crate) fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}
