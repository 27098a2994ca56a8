// SPDX-License-Identifier: GPL-2.0-only
//! What `iptables-restore` spends on rules that refer to objects.

use std::fmt::Write;
use std::fs;

use crate::control::hash_name;
use crate::netlink::{batches, Request, Socket};
use crate::report::{command, figure, fresh_namespace};

const FILE: &str = "/tmp/rules";

/// Writes `count` rules in chain INPUT, the last of them without an end.
pub fn write(count: u32, rule: impl Fn(u32) -> String, last: &str) {
    let mut text = "*filter\n:INPUT ACCEPT [0:0]\n".to_string();
    for n in 0..count {
        writeln!(text, "-A INPUT {}", rule(n)).expect("text");
    }
    writeln!(text, "{last}\nCOMMIT").expect("text");
    fs::write(FILE, text).expect(FILE);
}

/// Restores what was written; returns the processor time.
pub fn restore(kind: &str) -> u64 {
    command(&format!("/usr/sbin/iptables-{kind}-restore"), Some(FILE))
}

/// The match on object number `n`.
pub fn with_object(n: u32) -> String {
    format!("-m nfacct --nfacct-name {}", hash_name(n))
}

/// Measures the restore of `count` rules, each with an object of its own.
pub fn run(count: u32) {
    for kind in ["legacy", "nft"] {
        fresh_namespace();
        write(count, |_| String::new(), "");
        let bare = restore(kind);
        fresh_namespace();
        let adds: Vec<_> = (0..count).map(|n| Request::add(&hash_name(n))).collect();
        Socket::open().send_all(&batches(&adds));
        write(count, with_object, "");
        let full = restore(kind);
        figure(&format!("restore.{kind}.bare.{count}"), bare);
        figure(
            &format!("restore.{kind}.share.{count}"),
            full.saturating_sub(bare),
        );
    }
}
