// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands: each is a struct with what the command line said, and runs in a [`Context`].

mod add;
mod delete;
mod flush;
mod get;
mod list;
mod monitor;
mod restore;
mod texts;

pub(crate) use add::Add;
pub(crate) use delete::Delete;
pub(crate) use get::Get;
pub(crate) use list::List;

use crate::{Context, error::Error};

/// A command that was understood.
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
