// SPDX-License-Identifier: GPL-2.0-only
//! Packets over a pair of veth devices through rules, then dropped.

use std::net::UdpSocket;

use crate::control::hash_name;
use crate::netlink::{batches, Request, Socket};
use crate::report::{command, cost, figure, fresh_namespace};
use crate::rules;

const PAYLOAD: [u8; 64] = [0; 64];
const TARGET: &str = "10.9.9.2:9";
/// Packets before those that count.
const WARM_UP: u32 = 300;

/// Measures `packets` packets through 0, 1, 10 and 100 rules.
pub fn run(packets: u32) {
    for kind in ["legacy", "nft"] {
        for count in [0, 1, 10, 100] {
            let cost = path(kind, count, rules::with_object, packets);
            figure(&format!("traffic.{kind}.{count}"), cost);
        }
        let cost = path(kind, 100, |_| String::new(), packets);
        figure(&format!("traffic.{kind}.bare.100"), cost);
    }
}

/// Instructions for each packet from the sender's call to the drop: on one
/// processor all of it is done before the call returns.
fn path(kind: &str, count: u32, rule: fn(u32) -> String, packets: u32) -> f64 {
    fresh_namespace();
    for line in [
        "ip link add name near type veth peer name far",
        "ip netns add receiver",
        "ip link set far netns receiver",
        "ip addr add 10.9.9.1/24 dev near",
        "ip link set near up",
        "ip -n receiver addr add 10.9.9.2/24 dev far",
        "ip -n receiver link set far up",
    ] {
        command(line, None);
    }
    let adds: Vec<_> = (0..count).map(|n| Request::add(&hash_name(n))).collect();
    let home = std::fs::File::open("/proc/thread-self/ns/net").expect("namespace");
    enter(&std::fs::File::open("/run/netns/receiver").expect("namespace"));
    Socket::open().send_all(&batches(&adds));
    rules::write(count, rule, "-A INPUT -j DROP");
    rules::restore(kind);
    enter(&home);
    let socket = UdpSocket::bind("10.9.9.1:9").expect("sender");
    socket.connect(TARGET).expect("connected");
    let send = |packets: u32| {
        for _ in 0..packets {
            assert_eq!(socket.send(&PAYLOAD).expect("sent"), PAYLOAD.len());
        }
    };
    send(WARM_UP);
    let spent = cost(|| send(packets));
    command("ip netns del receiver", None);
    spent as f64 / f64::from(packets)
}

fn enter(namespace: &std::fs::File) {
    use std::os::fd::AsRawFd;
    // SAFETY: The descriptor is open during the call.
    let ret = unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) };
    assert_eq!(ret, 0, "setns: {}", std::io::Error::last_os_error());
}
