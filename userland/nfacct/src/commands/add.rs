// SPDX-License-Identifier: MIT OR Apache-2.0
//! `add`: a new object.

use nfacct_netlink::{Name, NewObject, QuotaKind};

use crate::{Context, error::Error};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Add {
    pub(crate) name: Name,
    pub(crate) quota: Option<(QuotaKind, u64)>,
}

impl Add {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut object = NewObject::new(self.name);
        if let Some((kind, limit)) = self.quota {
            object = object.quota(kind, limit);
        }
        Ok(context.client()?.create(&object)?)
    }
}
