// SPDX-License-Identifier: MIT OR Apache-2.0
//! Netfilter accounting objects (`nfnetlink_acct`) over netlink: create, read, reset, list, delete, and hear about
//! reached quotas.
//!
//! The socket is neli's; requests are built from types on neli's traits, and their bytes are those that
//! libnetfilter_acct sends. Answers are parsed in place by a reader that trusts no length: whatever bytes come, the
//! result is an object or an [`Error`], never a panic. Names are bytes ([`Name`]), not text.
//!
//! ```no_run
//! use nfacct_netlink::{Client, Filter, List, Name, NewObject, QuotaKind};
//!
//! let mut client = Client::open()?; // needs CAP_NET_ADMIN
//! client.create(&NewObject::new(Name::new("guest")?).quota(QuotaKind::Bytes, 10 << 30))?;
//! client.for_each(&List::new().filter(Filter::BYTE_QUOTA), |object| {
//!     println!("{}: {} bytes", object.name.escape_ascii(), object.bytes);
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything works on a [`Transport`], so programs can be tested without root on recorded bytes:
//!
//! ```
//! use nfacct_netlink::{Client, Error, Name, transport::Recorded};
//!
//! // "no such object", as the kernel says it to request 1 of port 7
//! let answer = [
//!     &36u32.to_ne_bytes()[..], &2u16.to_ne_bytes(), &0x100u16.to_ne_bytes(), &1u32.to_ne_bytes(),
//!     &7u32.to_ne_bytes(), &(-2i32).to_ne_bytes(), &[0; 16],
//! ]
//! .concat();
//! let mut client = Client::with_sequence(Recorded::new(7).datagram(&answer), 1);
//! match client.get(&Name::new("web")?) {
//!     Err(Error::Kernel(refusal)) => assert_eq!(refusal.errno, 2),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attr;
mod client;
mod compat;
mod error;
mod framing;
mod message;
mod monitor;
mod name;
mod object;
#[cfg(test)]
mod properties;
mod receive;
pub mod request;
pub mod transport;

pub use attr::{AcctAttr, FilterAttr};
pub use client::{BATCH, Client};
pub use compat::{CompatAttr, CompatMsg, Family};
pub use error::{Error, KernelError, SocketStep, strerror};
pub use message::{AcctMsg, GROUP_ACCT_QUOTA, Payload, Request};
pub use monitor::Monitor;
pub use name::{NAME_MAX, Name, NameError};
pub use object::{Flags, Object, ObjectRef, Quota, QuotaKind};
pub use request::{Delete, Filter, Get, List, NewObject};
pub use transport::Transport;
