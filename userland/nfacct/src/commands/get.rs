// SPDX-License-Identifier: MIT OR Apache-2.0
//! `get`: show one object, and reset it.

use nfacct_netlink::Name;

use crate::{
    Context,
    error::Error,
    output::{Format, Printer},
};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Get {
    pub(crate) name: Name,
    pub(crate) reset: bool,
    pub(crate) format: Format,
}

impl Get {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut client = context.client()?;
        let object = if self.reset {
            client.take(&self.name)?
        } else {
            client.get(&self.name)?
        };
        let mut printer = Printer::new(context, self.format, self.reset);
        printer.object(&object.as_ref());
        printer.finish()
    }
}
