// SPDX-License-Identifier: GPL-2.0-only
//! What a running test can say: observations, remarks, "does not apply".

use std::collections::HashSet;
use std::fmt::Display;
use std::fs::File;
use std::io::Write;

use super::{ktap, Scale};
use crate::wire::{Msg, Reply, Sock};

/// Payload of the panic that ends a test as skipped.
pub struct Skip(pub String);

/// Ends the test: it does not apply here.
pub fn skip(why: &str) -> ! {
    std::panic::panic_any(Skip(why.into()))
}

/// The running test.
pub struct Test {
    id: String,
    stack: String,
    scale: Scale,
    out: File,
    steps: HashSet<String>,
}

impl Test {
    /// A test that reports through `out`.
    pub fn new(id: &str, stack: &str, scale: Scale, out: File) -> Self {
        Self {
            id: id.into(),
            stack: stack.into(),
            scale,
            out,
            steps: HashSet::new(),
        }
    }

    /// Which pair of modules is installed.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// How much to do, and random numbers.
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    fn put(&mut self, text: &str) {
        self.out.write_all(text.as_bytes()).expect("result pipe");
    }

    /// Records a value that must be the same on every stack.
    pub fn obs(&mut self, step: impl Display, value: impl Display) {
        let step = step.to_string();
        assert!(!step.contains(char::is_whitespace), "blank in step {step}");
        assert!(!self.steps.contains(&step), "step {step} twice");
        let line = ktap::observation(&self.id, &step, &value.to_string());
        self.steps.insert(step);
        self.put(&line);
    }

    /// Records how many of something were lost or wrong. Only the C modules may show any.
    pub fn losses(&mut self, step: impl Display, counts: &[u64]) {
        let all: Vec<_> = counts.iter().map(u64::to_string).collect();
        self.obs(&step, all.join(" "));
        assert!(
            counts.iter().all(|n| *n == 0) || self.stack() == "c-c",
            "{step}: {all:?}"
        );
    }

    /// A remark for humans.
    pub fn note(&mut self, text: impl Display) {
        self.put(&ktap::comment(&text.to_string()));
    }

    /// From now on a failed check in any thread ends the test: the others may
    /// wait for the one that failed.
    pub fn end_with_any_thread(&mut self) {
        let out = self.out.try_clone().expect("result pipe");
        std::panic::set_hook(Box::new(move |info| {
            let _ = (&out).write_all(ktap::comment(&info.to_string()).as_bytes());
            // SAFETY: Ends the test at once; the runner sees the code.
            unsafe { libc::_exit(1) }
        }));
    }

    /// Sends a message and records every byte that comes back.
    pub fn exchange(&mut self, step: impl Display, sock: &Sock, msg: &Msg) -> Reply {
        let reply = sock.exchange(msg);
        self.obs(step, &reply);
        reply
    }

    /// The same, and checks the outcome in short form.
    #[track_caller]
    pub fn expect(&mut self, step: impl Display, sock: &Sock, msg: &Msg, want: &str) -> Reply {
        let step = step.to_string();
        let reply = self.exchange(&step, sock, msg);
        assert_eq!(reply.outcome(), want, "{step}");
        reply
    }
}
