// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stops a process at every system call that it makes, and lets the call fail or a signal come. The names of the
//! registers are those of x86-64.

use std::{
    io::Read,
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        ptrace::{self, Options},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// The environment variable that tells the command to wait for its tracer before it begins.
pub const TRACED: &str = "NFACCT_TEST_TRACED";

/// After this time a process that hangs is killed.
const LIMIT: Duration = Duration::from_secs(60);

/// What is to happen at a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing special.
    Pass,
    /// The kernel does nothing but return this error.
    Fail(Errno),
    /// This signal comes at the beginning of the call.
    Signal(Signal),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit code.
    Exit(i32),
    /// By this signal.
    Signal(Signal),
}

/// What a traced process left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Traced {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// Its end.
    pub ending: Ending,
}

/// Runs a command that waits for its tracer; `act` gets the number of each system call that it makes, and decides.
/// Its output must fit into a pipe.
#[allow(clippy::zombie_processes)] // `wait` waits for it.
pub fn trace(command: &mut Command, mut act: impl FnMut(u64) -> Act) -> Traced {
    let mut child = command
        .env(TRACED, "")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command");
    let pid = Pid::from_raw(child.id().try_into().expect("a process"));
    assert_eq!(wait(pid), WaitStatus::Stopped(pid, Signal::SIGSTOP));
    ptrace::setoptions(pid, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL).expect("options");
    let (done, finished) = mpsc::channel::<()>();
    thread::spawn(move || {
        if finished.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            let _ = kill(pid, Signal::SIGKILL);
        }
    });
    // The kernel stops the process at the beginning of a call and at its end.
    let mut at_the_end = false;
    let mut failing = None;
    let mut signal = None;
    let ending = loop {
        ptrace::syscall(pid, signal.take()).expect("it goes on");
        match wait(pid) {
            WaitStatus::PtraceSyscall(_) if at_the_end => {
                at_the_end = false;
                if let Some(errno) = failing.take() {
                    let mut registers = ptrace::getregs(pid).expect("registers");
                    registers.rax = u64::from_ne_bytes((-(errno as i64)).to_ne_bytes());
                    ptrace::setregs(pid, registers).expect("registers");
                }
            }
            WaitStatus::PtraceSyscall(_) => {
                at_the_end = true;
                let mut registers = ptrace::getregs(pid).expect("registers");
                match act(registers.orig_rax) {
                    Act::Pass => {}
                    Act::Fail(errno) => {
                        // No call has this number, so the kernel does nothing.
                        registers.orig_rax = u64::MAX;
                        ptrace::setregs(pid, registers).expect("registers");
                        failing = Some(errno);
                    }
                    Act::Signal(signal) => kill(pid, signal).expect("a process"),
                }
            }
            WaitStatus::Stopped(_, delivered) => signal = Some(delivered),
            WaitStatus::Exited(_, code) => break Ending::Exit(code),
            WaitStatus::Signaled(_, by, _) => break Ending::Signal(by),
            other => panic!("{other:?}"),
        }
    };
    drop(done);
    Traced {
        stdout: all(child.stdout.take()),
        stderr: all(child.stderr.take()),
        ending,
    }
}

fn wait(pid: Pid) -> WaitStatus {
    waitpid(pid, Some(WaitPidFlag::__WALL)).expect("a child")
}

fn all(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.expect("piped").read_to_end(&mut bytes).expect("a pipe");
    bytes
}
