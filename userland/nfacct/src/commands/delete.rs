// SPDX-License-Identifier: MIT OR Apache-2.0
//! `delete`: one object that no rule uses.

use nfacct_netlink::Name;

use crate::{Context, error::Error};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delete {
    pub(crate) name: Name,
}

impl Delete {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        Ok(context.client()?.delete(&self.name)?)
    }
}
