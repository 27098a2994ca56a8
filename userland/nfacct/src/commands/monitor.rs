// SPDX-License-Identifier: MIT OR Apache-2.0
//! `monitor`: show objects as they reach their quota, one line each, for ever.

use nfacct_netlink::Error as KernelError;

use crate::{
    Context,
    error::{Error, message},
    output::Plain,
};

pub(crate) fn run(context: &mut Context<'_>) -> Result<(), Error> {
    let mut monitor = context.monitor()?;
    let plain = Plain::new(context.output_is_terminal);
    loop {
        match monitor.next_event() {
            Ok(object) => {
                let mut line = Vec::new();
                plain.line(&mut line, &object.as_ref());
                // One write per event: whoever reads the pipe sees it at once.
                context.output.write_all(&line).map_err(Error::Output)?;
            }
            Err(KernelError::Overrun) => {
                let _ = context.errors.write_all(&message("some events were lost"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
