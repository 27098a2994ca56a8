// SPDX-License-Identifier: GPL-2.0-only
//! Runs each test in a child of its own and judges how the child ended.

use std::any::Any;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use super::args::Args;
use super::context::Skip;
use super::ktap::{self, Outcome};
use super::select::Chosen;
use super::Test;
use crate::env::{charge, modules::KernelState, netns};

const EXIT_FAILED: i32 = 1;
const EXIT_SKIPPED: i32 = 4;

/// How long a killed test may take to disappear before it counts as stuck.
const REAP: Duration = Duration::from_secs(10);

/// How long the kernel may take to tear a test's namespace down. The next test waits
/// for that, or it would measure what is left of the former.
const GIVE_BACK: Duration = Duration::from_secs(300);

/// Runs the tests in order and writes the result stream; true if none failed.
pub fn run(chosen: &[Chosen], args: &Args) -> io::Result<bool> {
    let mut out = io::stdout();
    out.write_all(ktap::opening(chosen.len()).as_bytes())?;
    let mut good = true;
    for (index, (suite, case)) in chosen.iter().enumerate() {
        let id = format!("{suite}.{}", case.name);
        let state = KernelState::save();
        let charged = charge::percpu();
        let mut outcome = run_one(&id, args, case.body, &mut out)?;
        state.restore();
        if !charge::settles_at(charged, GIVE_BACK) {
            let left = format!(
                "{} bytes of per-CPU memory are not given back",
                charge::percpu().saturating_sub(charged)
            );
            out.write_all(ktap::comment(&left).as_bytes())?;
            outcome = Outcome::Failed;
        }
        good &= outcome != Outcome::Failed;
        out.write_all(ktap::result(index + 1, &id, &outcome).as_bytes())?;
        out.flush()?;
    }
    Ok(good)
}

fn run_one(id: &str, args: &Args, body: super::Body, out: &mut impl Write) -> io::Result<Outcome> {
    let (from_child, to_parent) = UnixStream::pair()?;
    let started = Instant::now();
    // SAFETY: The runner has a single thread, so the child may do anything.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        drop(from_child);
        let file = File::from(OwnedFd::from(to_parent));
        let code = child(Test::new(id, &args.stack, args.scale, file), body);
        // SAFETY: Ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(code) }
    }
    drop(to_parent);
    let mut pipe = File::from(OwnedFd::from(from_child));
    let mut lines = Lines::default();
    let status = watch(pid, &mut pipe, &mut lines, started + args.timeout, out)?;
    // Whatever the test left running goes with it.
    // SAFETY: The group was made by the child and holds only its descendants.
    unsafe { libc::kill(-pid, libc::SIGKILL) };
    let took = started.elapsed().as_millis();
    let outcome = match status {
        End::Exited(0) => Outcome::Passed,
        End::Exited(EXIT_SKIPPED) => Outcome::Skipped(lines.skip),
        End::Exited(_) => Outcome::Failed,
        End::Killed(signal) => {
            writeln!(out, "# ended by signal {signal}")?;
            Outcome::Failed
        }
        End::TimedOut => {
            writeln!(out, "# no end after {} s", args.timeout.as_secs())?;
            Outcome::Failed
        }
    };
    writeln!(out, "# {id} took {took} ms")?;
    Ok(outcome)
}

/// The child: own process group and network namespace, then the body.
fn child(mut test: Test, body: super::Body) -> i32 {
    // SAFETY: Plain system call.
    unsafe { libc::setsid() };
    let (tx, rx) = std::sync::mpsc::channel();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<Skip>().is_none() {
            let _ = tx.send(info.to_string());
        }
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        netns::fresh();
        body(&mut test);
    }));
    for text in rx.try_iter() {
        test.note(text);
    }
    match result {
        Ok(()) => 0,
        Err(payload) => explain(&mut test, payload.as_ref()),
    }
}

fn explain(test: &mut Test, payload: &dyn Any) -> i32 {
    match payload.downcast_ref::<Skip>() {
        Some(Skip(why)) => {
            test.note(format!("{SKIP_MARK}{why}"));
            EXIT_SKIPPED
        }
        None => EXIT_FAILED,
    }
}

/// How a child ended.
enum End {
    Exited(i32),
    Killed(i32),
    TimedOut,
}

const SKIP_MARK: &str = "skip: ";

/// The child's output, passed on line by line.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    skip: String,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        while let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            if let Some(why) = text.strip_prefix(&format!("# {SKIP_MARK}")) {
                self.skip = why.trim_end().to_string();
            }
            out.write_all(&line)?;
        }
        out.flush()
    }
}

/// Copies the child's lines until it ends or the deadline passes.
fn watch(
    pid: i32,
    pipe: &mut File,
    lines: &mut Lines,
    deadline: Instant,
    out: &mut impl Write,
) -> io::Result<End> {
    // SAFETY: `pid` is our unreaped child; the result is checked below.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = i32::try_from(fd).unwrap_or(-1);
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: The descriptor was just made and nobody else owns it.
    let child = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut killed = false;
    let mut deadline = deadline;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let ready = poll_two(pipe.as_raw_fd(), child.as_raw_fd(), left);
        if ready.0 {
            let mut buf = [0u8; 8192];
            let got = pipe.read(&mut buf)?;
            lines.feed(&buf[..got], out)?;
            if got > 0 {
                continue;
            }
        }
        if ready.1 {
            let end = reap(pid);
            return Ok(if killed { End::TimedOut } else { end });
        }
        if deadline <= Instant::now() {
            if killed {
                out.write_all(ktap::comment("the test cannot be killed").as_bytes())?;
                return Ok(End::TimedOut);
            }
            if let Ok(stack) = std::fs::read_to_string(format!("/proc/{pid}/stack")) {
                out.write_all(ktap::comment(&stack).as_bytes())?;
            }
            // SAFETY: The group belongs to our child.
            unsafe { libc::kill(-pid, libc::SIGKILL) };
            killed = true;
            deadline = Instant::now() + REAP;
        }
    }
}

/// Waits for either descriptor; says which is readable or at its end.
fn poll_two(a: i32, b: i32, timeout: Duration) -> (bool, bool) {
    let entry = |fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    let mut fds = [entry(a), entry(b)];
    let ms = i32::try_from(timeout.as_millis() + 1).unwrap_or(i32::MAX);
    // SAFETY: `fds` is an array of two valid entries.
    unsafe { libc::poll(fds.as_mut_ptr(), 2, ms) };
    // Data only: a pipe that a leftover process holds open must not spin.
    (
        fds[0].revents & libc::POLLIN != 0,
        fds[1].revents & libc::POLLIN != 0,
    )
}

fn reap(pid: i32) -> End {
    let mut status = 0;
    // SAFETY: `status` is a valid int; the child has ended.
    unsafe { libc::waitpid(pid, &raw mut status, 0) };
    if libc::WIFSIGNALED(status) {
        End::Killed(libc::WTERMSIG(status))
    } else {
        End::Exited(libc::WEXITSTATUS(status))
    }
}
