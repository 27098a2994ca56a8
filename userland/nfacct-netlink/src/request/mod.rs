// SPDX-License-Identifier: MIT OR Apache-2.0
//! The requests, one file each. Their bytes are those that libnetfilter_acct sends.

mod delete;
mod get;
mod list;
mod new;

pub use delete::Delete;
pub use get::Get;
pub use list::{Filter, List};
pub use new::NewObject;

use neli::{genl::Nlattr, types::Buffer};

use crate::{
    Error, Name,
    attr::{AcctAttr, attribute},
};

/// The name attribute, which carries a final NUL.
fn name_attribute(name: &Name) -> Result<Nlattr<AcctAttr, Buffer>, Error> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0);
    attribute(AcctAttr::Name, Buffer::from(bytes))
}
