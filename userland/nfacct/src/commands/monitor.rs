// SPDX-License-Identifier: MIT OR Apache-2.0
//! `monitor`: show objects as they reach their quota, one line each, for ever.

mod hook;

use std::{ffi::OsString, num::NonZeroU64, time::Duration};

use clap::Args;
use nfacct_netlink::{Error as KernelError, Filter, List, Object, ObjectRef};

use super::{selection::objects, watch::seconds};
use crate::{
    Context,
    error::{Error, message},
    output::{Plain, json, now},
    pattern::{Pattern, any_matches},
};
use hook::Hook;

/// As nfacct 1.0.2 has it.
pub(crate) fn run(context: &mut Context<'_>) -> Result<(), Error> {
    let mut monitor = context.monitor()?;
    let plain = Plain::new(context.output_is_terminal);
    loop {
        match monitor.next_event() {
            Ok(object) => {
                let mut line = Vec::new();
                plain.line(&mut line, &object.as_ref());
                // One write per event: whoever reads the pipe sees it at once.
                context.output.write_all(&line).map_err(Error::Output)?;
            }
            Err(KernelError::Overrun) => {
                let _ = context.errors.write_all(&message("some events were lost"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The modern options of `monitor`.
#[derive(Debug, Args)]
pub(crate) struct MonitorArgs {
    /// Only objects whose names match, like 'http-*'
    #[arg(long, value_name = "PATTERN")]
    r#match: Vec<Pattern>,

    /// End after so many events
    #[arg(long, value_name = "NUMBER")]
    count: Option<NonZeroU64>,

    /// Run this program for every event, one at a time, without a shell. Everything that follows is an argument of it.
    /// It finds the event in `NFACCT_EVENT`, `NFACCT_NAME`, `NFACCT_PACKETS`, `NFACCT_BYTES`, `NFACCT_QUOTA_KIND` and
    /// `NFACCT_QUOTA_LIMIT`
    #[arg(long, value_name = "PROGRAM", num_args = 1.., allow_hyphen_values = true)]
    exec: Vec<OsString>,

    /// Kill the program after so many seconds: while it runs nothing is shown
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, requires = "exec")]
    exec_timeout: Duration,
}

/// Why an object is shown.
#[derive(Clone, Copy)]
enum Event {
    /// It reached its quota.
    Overquota,
    /// It is over its quota, and the event may have been among those that were lost.
    State,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Self::Overquota => "overquota",
            Self::State => "state",
        }
    }
}

impl MonitorArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>, as_json: bool) -> Result<(), Error> {
        let hook = Hook::new(&self.exec, self.exec_timeout);
        let mut monitor = context.monitor()?;
        // Everything is written as it comes, so there is nothing to lose. Without handlers the exit code differs.
        let _ = context.signals.quit_quietly();
        let mut left = self.count.map(NonZeroU64::get);
        while left != Some(0) {
            let event = match monitor.next_event() {
                Err(KernelError::Overrun) => {
                    self.catch_up(context, as_json, hook.as_ref())?;
                    continue;
                }
                other => other?,
            };
            if self.tell(context, as_json, hook.as_ref(), Event::Overquota, &event)? {
                left = left.map(|left| left - 1);
            }
        }
        Ok(())
    }

    /// Events were lost: says so, and shows all objects that are over their quota now.
    fn catch_up(&self, context: &mut Context<'_>, as_json: bool, hook: Option<&Hook>) -> Result<(), Error> {
        if as_json {
            let mut line = Vec::new();
            push_head(&mut line, "lost");
            line.extend(b"}\n");
            context.output.write_all(&line).map_err(Error::Output)?;
        }
        let note = b"nfacct: some events were lost; objects that are over their quota now:\n";
        let _ = context.errors.write_all(note);
        let request = List::new().filter(Filter::OVER_QUOTA);
        let listed = context
            .client()
            .and_then(|mut client| objects(&mut client, &request, &[]));
        let objects = listed.unwrap_or_else(|error| {
            context.complain(format!("nfacct: cannot list them: {error}\n").as_bytes());
            Vec::new()
        });
        for object in &objects {
            self.tell(context, as_json, hook, Event::State, object)?;
        }
        Ok(())
    }

    /// Shows an event and runs the hook, unless the name does not match.
    fn tell(
        &self,
        context: &mut Context<'_>,
        as_json: bool,
        hook: Option<&Hook>,
        event: Event,
        object: &Object,
    ) -> Result<bool, Error> {
        let object = object.as_ref();
        if !any_matches(&self.r#match, object.name) {
            return Ok(false);
        }
        let mut line = Vec::new();
        if as_json {
            push_json(&mut line, event, &object);
        } else {
            Plain::new(context.output_is_terminal).line(&mut line, &object);
        }
        context.output.write_all(&line).map_err(Error::Output)?;
        if let Some(Err(failure)) = hook.map(|hook| hook.run(event, &object)) {
            context.complain(format!("nfacct: {failure}\n").as_bytes());
        }
        Ok(true)
    }
}

fn push_json(line: &mut Vec<u8>, event: Event, object: &ObjectRef<'_>) {
    push_head(line, event.word());
    line.extend(b",\"object\":");
    json::push_object(line, object);
    line.extend(b"}\n");
}

fn push_head(line: &mut Vec<u8>, event: &str) {
    let time = now().as_secs_f64();
    line.extend(
        format!(
            "{{\"schema\":\"{}\",\"time\":{time:.3},\"event\":\"{event}\"",
            json::SCHEMA
        )
        .as_bytes(),
    );
}
