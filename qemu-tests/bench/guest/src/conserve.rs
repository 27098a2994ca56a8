// SPDX-License-Identifier: GPL-2.0-only
//! Whether all packets are found again that two processors count while a third
//! party resets the object.

use crate::driver;
use crate::netlink::{batches, Request, Socket, BYTES, PACKETS};
use crate::packet::FAR;
use crate::report::{figure, fresh_namespace};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Chunks in a request, as many as the driver takes.
const CHUNKS: u64 = 48;
/// Packets of a chunk, and before the first one, on each processor.
const CHUNK: u64 = 2000;
const WARM_UP: u64 = 1000;
/// Bytes of a packet.
const LENGTH: u64 = 100;

/// Counts `millions` of packets of each kind of object.
pub fn run(millions: u32) {
    fresh_namespace();
    let kinds = [
        ("plain", Request::add("plain")),
        ("far", Request::add_quota("far", BYTES, FAR)),
        // Crossed again and again, as it is reset all the time.
        ("near", Request::add_quota("near", PACKETS, 50_000)),
    ];
    let (names, requests): (Vec<_>, Vec<_>) = kinds.into_iter().unzip();
    Socket::open().send_all(&batches(&requests));
    for name in names {
        conserve(name, u64::from(millions) * 1_000_000);
    }
}

fn conserve(name: &'static str, wanted: u64) {
    let stop = AtomicBool::new(false);
    let mut sent = 0;
    let (mut packets, mut bytes, mut resets) = thread::scope(|scope| {
        let resetter = scope.spawn(|| {
            let socket = Socket::open();
            let mut sum = (0, 0, 0_u64);
            while !stop.load(Ordering::Relaxed) {
                let taken = socket.take(name);
                sum = (sum.0 + taken.0, sum.1 + taken.1, sum.2 + 1);
            }
            sum
        });
        while sent < wanted {
            driver::ask(&format!("chunks {CHUNKS} {name} {name}"));
            sent += 2 * (WARM_UP + CHUNKS * CHUNK);
        }
        stop.store(true, Ordering::Relaxed);
        resetter.join().expect("resetter")
    });
    let last = Socket::open().take(name);
    packets += last.0;
    bytes += last.1;
    resets += 1;
    figure(&format!("conserve.{name}.packets"), sent);
    figure(&format!("conserve.{name}.resets"), resets);
    figure(
        &format!("conserve.{name}.wrong"),
        sent.abs_diff(packets) + (sent * LENGTH).abs_diff(bytes),
    );
}
