// SPDX-License-Identifier: MIT OR Apache-2.0
//! `add`: new objects.

use clap::Args;
use nfacct_netlink::{Client, Error as KernelError, Name, NewObject, Quota, QuotaKind, Transport};

use super::name_parser;
use crate::{
    Context,
    error::Error,
    quantity::{parse, parse_quota},
};

/// As nfacct 1.0.2 has it.
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

/// The modern options of `add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Names of the objects: at most 31 bytes each
    #[arg(required = true, value_name = "NAME", value_parser = name_parser())]
    names: Vec<Name>,

    /// Tell when so much was counted: bytes=10GiB or packets=5M
    #[arg(long, value_name = "KIND=LIMIT", value_parser = parse_quota)]
    quota: Option<(QuotaKind, u64)>,

    /// Start with so many packets
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = parse)]
    packets: u64,

    /// Start with so many bytes
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = parse)]
    bytes: u64,

    /// An object that exists already is fine and stays as it is, unless --quota asks for another quota than it has
    #[arg(long)]
    exist: bool,
}

impl AddArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut client = context.client()?;
        for name in &self.names {
            let mut object = NewObject::new(*name).counters(self.packets, self.bytes);
            if let Some((kind, limit)) = self.quota {
                object = object.quota(kind, limit);
            }
            match client.create(&object) {
                Err(KernelError::Kernel(refusal)) if self.exist && EXISTS.contains(&refusal.errno) => {
                    self.compare(&mut client, name)?;
                }
                other => other.map_err(Error::object(name))?,
            }
        }
        Ok(())
    }

    /// Is the object that exists what was asked for?
    fn compare(&self, client: &mut Client<impl Transport>, name: &Name) -> Result<(), Error> {
        let Some(wanted) = self.quota else { return Ok(()) };
        let found = client.get(name).map_err(Error::object(name))?;
        let found = found.quota.map(|Quota { kind, limit, .. }| (kind, limit));
        if found == Some(wanted) {
            Ok(())
        } else {
            Err(Error::Conflict(format!("{name}: exists with another quota, or none")))
        }
    }
}

/// `EBUSY` and `EEXIST`.
pub(super) const EXISTS: [i32; 2] = [16, 17];
