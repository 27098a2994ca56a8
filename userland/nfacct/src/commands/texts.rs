// SPDX-License-Identifier: MIT OR Apache-2.0
//! `version` and `help`: scripts parse them, so they are those of nfacct 1.0.2.

use crate::{Context, error::Error, output::json};

const TITLE: &str = "nfacct v1.0.2: utility for the Netfilter extended accounting infrastructure\n";

const VERSION: &str = "\
Copyright (C) 2011 Pablo Neira Ayuso <pablo@netfilter.org>
Copyright (C) 2011 Intra2net AG <http://www.intra2net.com>
This program comes with ABSOLUTELY NO WARRANTY.
This is free software, and you are welcome to redistribute it under certain \n\
conditions; see LICENSE file distributed in this package for details.
";

const COMMANDS: &str = "\
Commands:
  list [reset]\t\tList the accounting object table (and reset)
  add object-name\tAdd new accounting object to table
  delete object-name\tDelete existing accounting object
  get object-name\tGet existing accounting object
  flush\t\t\tFlush accounting object table
  restore\t\tRestore accounting object table reading 'list' output from stdin
  monitor\t\tListens for quota attainment notifications
  version\t\tDisplay version and disclaimer
  help\t\t\tDisplay this help message
";

pub(crate) fn version(context: &mut Context<'_>) -> Result<(), Error> {
    write(context, &[TITLE, VERSION].concat().into_bytes())
}

/// For machines.
pub(crate) fn version_json(context: &mut Context<'_>) -> Result<(), Error> {
    let (schema, version) = (json::SCHEMA, env!("CARGO_PKG_VERSION"));
    let text = format!("{{\"schema\":\"{schema}\",\"version\":\"{version}\",\"compatible\":\"1.0.2\"}}\n");
    write(context, text.as_bytes())
}

pub(crate) fn help(program: &[u8], context: &mut Context<'_>) -> Result<(), Error> {
    let usage = [b"Usage: ", program, b" command [parameters]...\n\n"].concat();
    write(context, &[TITLE.as_bytes(), &usage, COMMANDS.as_bytes()].concat())
}

fn write(context: &mut Context<'_>, text: &[u8]) -> Result<(), Error> {
    context.output.write_all(text).map_err(Error::Output)
}
