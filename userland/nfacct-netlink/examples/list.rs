// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists the accounting objects of this network namespace; needs `CAP_NET_ADMIN`.
//!
//! `cargo run --example list`

use nfacct_netlink::{Client, Error, List};

fn main() -> Result<(), Error> {
    Client::open()?.for_each(&List::new(), |object| {
        let name = object.name.escape_ascii();
        println!("{name}: {} packets, {} bytes", object.packets, object.bytes);
    })
}
