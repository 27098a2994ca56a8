// SPDX-License-Identifier: MIT OR Apache-2.0
//! Adds an object with a quota of 10 packets and waits until rules have counted them; needs `CAP_NET_ADMIN`.
//!
//! `cargo run --example quota`, and meanwhile
//! `iptables -A INPUT -m nfacct --nfacct-name example`

use std::error::Error;

use nfacct_netlink::{Client, Monitor, Name, NewObject, QuotaKind};

fn main() -> Result<(), Box<dyn Error>> {
    let name = Name::new("example")?;
    // Subscribe first: no event can be missed then.
    let mut monitor = Monitor::open()?;
    let mut client = Client::open()?;
    client.create(&NewObject::new(name).quota(QuotaKind::Packets, 10))?;
    loop {
        let object = monitor.next_event()?;
        if object.name == name {
            println!("{} packets, {} bytes", object.packets, object.bytes);
            // From here on it counts from zero again.
            client.take(&name)?;
        }
    }
}
