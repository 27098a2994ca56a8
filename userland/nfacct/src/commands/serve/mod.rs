// SPDX-License-Identifier: MIT OR Apache-2.0
//! `serve`: the counters as metrics over HTTP, for a Prometheus that comes and fetches them.
//!
//! A few connections at a time, each with a deadline and a small limit on its request. This thread alone talks to the
//! kernel.

mod http;
mod visitors;

use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroU64,
};

use clap::Args;
use nfacct_netlink::List;

use super::selection::objects;
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

impl ServeArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        // Fail now and not at the first request if the kernel refuses.
        let mut client = context.client()?;
        objects(&mut client, &List::new(), &self.patterns)?;
        let listener = TcpListener::bind(self.listen).map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let _ = context.signals.quit_quietly();
        let _ = writeln!(context.errors, "nfacct: serving http://{address}/metrics");
        let visits = visitors::receive(listener, self.count.map(NonZeroU64::get)).map_err(Error::Listen)?;
        for visit in visits {
            let response = self.respond(&visit.request, context).without_body(visit.request.head);
            // The client may be gone.
            let _ = visit.answer.send(response);
        }
        Ok(())
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
            .and_then(|mut client| objects(&mut client, &List::new(), &self.patterns))
        {
            Ok(objects) => Response::ok(flavour.content_type(), render(&objects, flavour)),
            Err(error) => {
                context.complain(format!("nfacct: {error}\n").as_bytes());
                Response::plain(503, "Service Unavailable", "The counters cannot be read now.\n")
            }
        }
    }
}
