// SPDX-License-Identifier: MIT OR Apache-2.0
//! `__complete`: names for the completion of shells, one per line.

use nfacct_netlink::List;

use crate::{Context, error::Error, output::is_treacherous};

/// Names that would need more than one line, or could disturb the terminal, are left out.
pub(crate) fn run(context: &mut Context<'_>) -> Result<(), Error> {
    let mut text = Vec::new();
    context.client()?.for_each(&List::new(), |object| {
        let printable = std::str::from_utf8(object.name).is_ok_and(|name| !name.contains(is_treacherous));
        if printable {
            text.extend(object.name);
            text.push(b'\n');
        }
    })?;
    context.output.write_all(&text).map_err(Error::Output)
}
