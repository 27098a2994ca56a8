// SPDX-License-Identifier: MIT OR Apache-2.0
//! `watch`: live rates of the objects, as lines or on a screen.

mod sample;
mod screen;
mod text;

use std::{num::NonZeroU64, time::Duration};

use clap::Args;
use nfacct_netlink::{Client, List, Transport};

use super::selection::objects;
use crate::{Context, error::Error, pattern::Pattern};
use sample::{RateKey, Row, Sampler};

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Only objects whose names match, like 'http-*'
    #[arg(value_name = "PATTERN")]
    patterns: Vec<Pattern>,

    /// Time between two looks
    #[arg(short, long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    interval: Duration,

    /// Show the rates of one interval and end
    #[arg(long, conflicts_with = "count")]
    once: bool,

    /// Show the rates of so many intervals and end
    #[arg(long, value_name = "NUMBER")]
    count: Option<NonZeroU64>,

    /// Add up objects whose names are equal up to the first separator
    #[arg(short, long, value_name = "SEPARATOR", value_parser = separator)]
    group: Option<u8>,

    /// Sort the lines
    #[arg(long, value_name = "KEY", default_value = "bits")]
    sort: RateKey,

    /// Write lines even to a terminal
    #[arg(long)]
    plain: bool,
}

/// A time from 0.01 seconds to a day.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("must be from 0.01 to 86400".to_owned())
    }
}

fn separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ => Err("must be one ASCII character".to_owned()),
    }
}

/// Looks at the table again and again.
struct Watch<'a, T: Transport> {
    client: Client<T>,
    args: &'a WatchArgs,
    sampler: Sampler,
    last: Duration,
}

impl<'a, T: Transport> Watch<'a, T> {
    /// Takes the first look, which gives no rates yet.
    fn start(client: Client<T>, args: &'a WatchArgs, now: Duration) -> Result<Self, Error> {
        let mut watch = Self {
            client,
            args,
            sampler: Sampler::default(),
            last: now,
        };
        watch.look(now)?;
        Ok(watch)
    }

    /// The rates since the last look, not sorted, and the time since then.
    fn look(&mut self, now: Duration) -> Result<(Vec<Row>, Duration), Error> {
        let objects = objects(&mut self.client, &List::new(), &self.args.patterns)?;
        let elapsed = now.saturating_sub(self.last);
        self.last = now;
        let rows = self.sampler.rows(&objects, elapsed);
        let rows = match self.args.group {
            Some(separator) => sample::group(rows, separator),
            None => rows,
        };
        Ok((rows, elapsed))
    }
}

impl WatchArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>, as_json: bool) -> Result<(), Error> {
        let client = context.client()?;
        let mut watch = Watch::start(client, self, context.clock.elapsed())?;
        let endless = !self.once && self.count.is_none();
        if endless && context.output_is_terminal && !as_json && !self.plain {
            return screen::run(&mut watch, context);
        }
        let _ = context.signals.quit_quietly();
        let mut left = if self.once {
            Some(1)
        } else {
            self.count.map(NonZeroU64::get)
        };
        let mut first = true;
        while left != Some(0) {
            context.clock.sleep(self.interval);
            let (mut rows, elapsed) = watch.look(context.clock.elapsed())?;
            self.sort.sort(&mut rows);
            let mut text = Vec::new();
            if as_json {
                text::push_json(&mut text, &rows, elapsed);
            } else {
                if !first {
                    text.push(b'\n');
                }
                text::push_table(&mut text, &rows);
            }
            context.output.write_all(&text).map_err(Error::Output)?;
            first = false;
            left = left.map(|left| left - 1);
        }
        Ok(())
    }
}
