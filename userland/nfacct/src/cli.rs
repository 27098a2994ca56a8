// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modern command line (clap): what nfacct 1.0.2 rejects.

use std::ffi::OsString;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::{
    Context, Exit,
    commands::{
        self, AddArgs, DeleteArgs, ExportArgs, GetArgs, ListArgs, MonitorArgs, ResetArgs, RestoreArgs, SaveArgs,
        ServeArgs, WatchArgs,
    },
    completion::{self, Shell},
    error::Error,
};

/// Manage netfilter accounting objects: named counters of packets and bytes that firewall rules update.
#[derive(Debug, Parser)]
#[command(
    name = "nfacct",
    version,
    long_version = concat!(env!("CARGO_PKG_VERSION"), "\nUnderstands the command line of nfacct 1.0.2."),
    after_help = "\
The words of nfacct 1.0.2 (list, add, delete, get, flush, version, help, restore, monitor, and their
abbreviations) work as ever; see 'nfacct help' for them. The options shown here come on top.
'nfacct --help COMMAND' shows those of a command, and nfacct(8) explains everything.",
    disable_help_subcommand = true,
    subcommand_required = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Modern,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Globals {
    /// Work in another network namespace: a name of `ip netns`, a process id, or a path
    #[arg(short, long, global = true, value_name = "NAME|PID|PATH")]
    netns: Option<OsString>,

    /// Write JSON; errors too
    #[arg(short, long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Modern {
    /// List objects
    List(ListArgs),
    /// Show one object
    Get(GetArgs),
    /// Set the counters of objects to zero and show what they were
    Reset(ResetArgs),
    /// Add objects
    Add(AddArgs),
    /// Delete objects that no rule uses
    Delete(DeleteArgs),
    /// Delete all objects that no rule uses
    Flush,
    /// Write all objects in a form that brings them back
    Save(SaveArgs),
    /// Add the objects of 'save' or 'list': all of them, or none if there is anything wrong
    Restore(RestoreArgs),
    /// Show objects as they reach their quota
    Monitor(MonitorArgs),
    /// Show live rates: a screen on a terminal, else lines
    Watch(WatchArgs),
    /// Write the counters as metrics
    Export(ExportArgs),
    /// Serve the counters as metrics over HTTP
    Serve(ServeArgs),
    /// Check whether accounting works here, and say what to do
    Doctor,
    /// The version as JSON; without --json this is the text of nfacct 1.0.2
    #[command(hide = true)]
    Version,
    /// Write the completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Names of objects for these scripts
    #[command(name = "__complete", hide = true)]
    Complete,
}

/// Runs a command line that nfacct 1.0.2 would reject.
pub(crate) fn run(args: &[OsString], context: &mut Context<'_>) -> Exit {
    let cli = match Cli::try_parse_from(help_of_command(args)) {
        Ok(cli) => cli,
        Err(error) => return explain(&error, args, context),
    };
    context.netns = cli.globals.netns;
    let json = cli.globals.json;
    let result = match cli.command {
        Modern::List(args) => args.command(json).and_then(|list| list.run(context)),
        Modern::Get(args) => args
            .command(json)
            .and_then(|get| get.run(context).map_err(|error| error.about(get.name))),
        Modern::Reset(args) => args.command(json).run(context),
        Modern::Add(args) => args.run(context),
        Modern::Delete(args) => args.run(context),
        Modern::Flush => commands::flush(context),
        Modern::Save(args) => args.run(context),
        Modern::Restore(args) => args.run(context),
        Modern::Monitor(args) => args.run(context, json),
        Modern::Watch(args) => args.run(context, json),
        Modern::Export(args) => args.run(context),
        Modern::Serve(args) => args.run(context),
        Modern::Version => commands::version_json(context),
        Modern::Doctor => commands::doctor(context, json),
        Modern::Completions { shell } => {
            let script = completion::script(shell, &Cli::command());
            context.output.write_all(script.as_bytes()).map_err(Error::Output)
        }
        Modern::Complete => commands::complete(context),
    };
    report(result, json, context)
}

/// `nfacct --help COMMAND` asks for the help of a command: `nfacct get --help` cannot, for it gets an object.
fn help_of_command(args: &[OsString]) -> Vec<OsString> {
    match args {
        [program, help, command] if help == "--help" || help == "-h" => {
            vec![program.clone(), command.clone(), help.clone()]
        }
        _ => args.to_vec(),
    }
}

fn report(result: Result<(), Error>, json: bool, context: &mut Context<'_>) -> Exit {
    match result {
        Ok(()) => Exit::Success,
        Err(error) if error.is_closed_pipe() => Exit::Success,
        Err(error) => {
            context.complain(&error.report(json));
            error.exit()
        }
    }
}

/// Help and version are a success and go to stdout, all else is a mistake of the caller.
fn explain(error: &clap::Error, args: &[OsString], context: &mut Context<'_>) -> Exit {
    let text = error.render().to_string();
    if error.use_stderr() {
        let json = args.iter().any(|arg| arg == "-j" || arg == "--json");
        let text = if json {
            Error::Usage(text.trim_end().to_owned()).report(true)
        } else {
            text.into_bytes()
        };
        context.complain(&text);
        Exit::Usage
    } else {
        report(
            context.output.write_all(text.as_bytes()).map_err(Error::Output),
            false,
            context,
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
