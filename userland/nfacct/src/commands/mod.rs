// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands: each is a struct with what the command line said, and runs in a [`Context`].

mod add;
mod complete;
mod delete;
mod doctor;
mod export;
mod flush;
mod get;
mod list;
mod monitor;
mod reset;
mod restore;
mod save;
mod selection;
mod serve;
mod texts;
mod watch;

pub(crate) use add::{Add, AddArgs};
pub(crate) use complete::run as complete;
pub(crate) use delete::{Delete, DeleteArgs};
pub(crate) use doctor::run as doctor;
pub(crate) use export::ExportArgs;
pub(crate) use flush::run as flush;
pub(crate) use get::{Get, GetArgs};
pub(crate) use list::{List, ListArgs};
pub(crate) use monitor::MonitorArgs;
pub(crate) use reset::ResetArgs;
pub(crate) use restore::RestoreArgs;
pub(crate) use save::SaveArgs;
pub(crate) use serve::ServeArgs;
pub(crate) use texts::version_json;
pub(crate) use watch::WatchArgs;

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

use clap::builder::{OsStringValueParser, TypedValueParser};
use nfacct_netlink::{Name, NameError};

use crate::{Context, error::Error};

/// A command of nfacct 1.0.2 that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    List(List),
    Add(Add),
    Delete(Delete),
    Get(Get),
    Flush,
    Restore,
    Monitor,
    Version,
    /// Carries the name of the program.
    Help(Vec<u8>),
}

impl Command {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        match self {
            Self::List(list) => list.run(context),
            Self::Add(add) => add.run(context),
            Self::Delete(delete) => delete.run(context),
            Self::Get(get) => get.run(context),
            Self::Flush => flush::run(context),
            Self::Restore => restore::run(context),
            Self::Monitor => monitor::run(context),
            Self::Version => texts::version(context),
            Self::Help(program) => texts::help(program, context),
        }
    }
}

/// Names on the modern command line are never cut.
fn name_parser() -> impl TypedValueParser<Value = Name> {
    OsStringValueParser::new().try_map(|text: OsString| -> Result<Name, NameError> { Name::new(text.as_bytes()) })
}
