// SPDX-License-Identifier: MIT OR Apache-2.0
//! `list`: show all objects or a selection, and reset them.

use nfacct_netlink::Filter;

use crate::{
    Context,
    error::Error,
    output::{Format, Printer},
};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) reset: bool,
    pub(crate) format: Format,
    pub(crate) filter: Option<Filter>,
}

impl List {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut request = nfacct_netlink::List::new();
        if let Some(filter) = self.filter {
            request = request.filter(filter);
        }
        if self.reset {
            request = request.reset();
        }
        let mut client = context.client()?;
        let mut printer = Printer::new(context, self.format, self.reset);
        let listed = client.for_each(&request, |object| printer.object(&object));
        match listed {
            Ok(()) => printer.finish(),
            // What came before the error is shown, as the C tool does; after a reset it is the only trace of it.
            Err(error) => {
                printer.abandon()?;
                Err(error.into())
            }
        }
    }
}
