// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modern command line (clap): what nfacct 1.0.2 rejects.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use crate::{Context, Exit};

/// Manage netfilter accounting objects: named counters of packets and bytes that firewall rules update.
#[derive(Debug, Parser)]
#[command(
    name = "nfacct",
    version,
    long_version = concat!(env!("CARGO_PKG_VERSION"), "\nUnderstands the command line of nfacct 1.0.2."),
    after_help = LEGACY,
    override_usage = "nfacct COMMAND [ARGUMENT]...\n       nfacct --help | --version"
)]
struct Cli {}

const LEGACY: &str = "\
Commands (may be shortened, as in nfacct 1.0.2):
  list [reset] [xml|json] [counters|bytes-quota|pkts-quota|overquota]
                                   List the objects, and reset them
  add NAME [byte|packet LIMIT]     Add an object, with a quota
  delete NAME                      Delete an object that no rule uses
  get NAME [reset] [xml|json]      Show an object, and reset it
  flush                            Delete all objects that no rule uses
  restore                          Add objects from the output of 'list' on standard input
  monitor                          Show objects as they reach their quota
  version                          Show the version of the compatible command line
  help                             Show the help of nfacct 1.0.2";

/// Runs a command line that begins with an option.
pub(crate) fn run(args: &[OsString], context: &mut Context<'_>) -> Exit {
    let error = match Cli::try_parse_from(args) {
        Ok(Cli {}) => Cli::command().error(clap::error::ErrorKind::MissingSubcommand, "no command"),
        Err(error) => error,
    };
    let text = error.render().to_string();
    if error.use_stderr() {
        let _ = context.errors.write_all(text.as_bytes());
        Exit::Usage
    } else if context.output.write_all(text.as_bytes()).is_ok() {
        Exit::Success
    } else {
        Exit::Failure
    }
}
