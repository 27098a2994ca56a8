// SPDX-License-Identifier: MIT OR Apache-2.0
//! `delete`: objects that no rule uses.

use clap::Args;
use nfacct_netlink::{Error as KernelError, Name};

use super::{name_parser, selection};
use crate::{Context, error::Error, pattern::Pattern};

/// As nfacct 1.0.2 has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delete {
    pub(crate) name: Name,
}

impl Delete {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        Ok(context.client()?.delete(&self.name)?)
    }
}

/// The modern options of `delete`.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Names of the objects
    #[arg(value_name = "NAME", value_parser = name_parser(), required_unless_present = "match")]
    names: Vec<Name>,

    /// Delete the objects whose names match, like 'http-*'; none is fine
    #[arg(long, value_name = "PATTERN")]
    r#match: Vec<Pattern>,

    /// A NAME that does not exist is fine
    #[arg(long)]
    exist: bool,
}

impl DeleteArgs {
    /// Goes on after a failure and reports all of them.
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        const ENOENT: i32 = 2;
        let mut client = context.client()?;
        let mut failures = Vec::new();
        let matching = if self.r#match.is_empty() {
            Vec::new()
        } else {
            selection::names(&mut client, &self.r#match, None)?
        };
        // Others may delete what matched before it is its turn.
        let named = self.names.iter().map(|name| (name, self.exist));
        for (name, may_be_missing) in named.chain(matching.iter().map(|name| (name, true))) {
            match client.delete(name) {
                Err(KernelError::Kernel(refusal)) if may_be_missing && refusal.errno == ENOENT => {}
                Err(error) => failures.push(Error::object(name)(error)),
                Ok(()) => {}
            }
        }
        if failures.is_empty() {
            Ok(())
        } else {
            Err(Error::Several(failures))
        }
    }
}
