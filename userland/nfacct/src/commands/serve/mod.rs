// SPDX-License-Identifier: MIT OR Apache-2.0
//! `serve`: the counters as metrics over HTTP, for a Prometheus that comes and fetches them.
//!
//! One connection at a time, each with a deadline and a small limit: nobody can make the process grow or hang.

mod http;

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    num::NonZeroU64,
    time::Duration,
};

use clap::Args;

use super::export::objects;
use crate::{
    Context,
    error::Error,
    output::openmetrics::{Flavour, render},
    pattern::Pattern,
};
use http::{Request, Response};

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Only objects whose names match, like 'http-*'
    #[arg(value_name = "PATTERN")]
    patterns: Vec<Pattern>,

    /// Listen here; without encryption and passwords this should stay on this machine
    #[arg(short, long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9963")]
    listen: SocketAddr,

    /// End after so many connections
    #[arg(long, value_name = "NUMBER")]
    count: Option<NonZeroU64>,
}

/// A request has to come within this time, from the first byte to the last.
const REQUEST: Duration = Duration::from_secs(5);
/// An answer has to go out within this time.
const ANSWER: Duration = Duration::from_secs(30);

impl ServeArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        // Fail now and not at the first request if the kernel refuses.
        let mut client = context.client()?;
        objects(&mut client, &self.patterns)?;
        let listener = TcpListener::bind(self.listen).map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let _ = context.signals.quit_quietly();
        let _ = writeln!(context.errors, "nfacct: serving http://{address}/metrics");
        let mut left = self.count.map(NonZeroU64::get);
        while left != Some(0) {
            // A client that is gone again is no reason to end.
            if let Ok((stream, _)) = listener.accept() {
                let _ = self.answer(&stream, context);
                left = left.map(|left| left - 1);
            }
        }
        Ok(())
    }

    fn answer(&self, stream: &TcpStream, context: &mut Context<'_>) -> std::io::Result<()> {
        let response = match http::read(stream, REQUEST) {
            Ok(request) => self.respond(&request, context),
            Err(refusal) => refusal,
        };
        http::write(stream, &response, ANSWER)
    }

    fn respond(&self, request: &Request, context: &mut Context<'_>) -> Response {
        if request.path != "/metrics" {
            return Response::plain(404, "Not Found", "There is only /metrics.\n");
        }
        let flavour = if request.accepts_openmetrics {
            Flavour::OpenMetrics
        } else {
            Flavour::Prometheus
        };
        // A new socket each time: nothing is left over from a request that failed.
        match context
            .client()
            .and_then(|mut client| objects(&mut client, &self.patterns))
        {
            Ok(objects) => Response::ok(flavour.content_type(), render(&objects, flavour), request.head),
            Err(error) => {
                let _ = writeln!(context.errors, "nfacct: {error}");
                Response::plain(503, "Service Unavailable", "The counters cannot be read now.\n")
            }
        }
    }
}
