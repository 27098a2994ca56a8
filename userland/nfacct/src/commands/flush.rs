// SPDX-License-Identifier: MIT OR Apache-2.0
//! `flush`: delete all objects that no rule uses.

use crate::{Context, error::Error};

pub(crate) fn run(context: &mut Context<'_>) -> Result<(), Error> {
    Ok(context.client()?.delete_all()?)
}
