// SPDX-License-Identifier: GPL-2.0-only
//! What makes the kernel load the modules by itself.

use std::io::Read;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use super::lifecycle::{without_pair, MATCH, PROVIDER};
use crate::env::cmd::{self, must};
use crate::env::modules::{loaded, no_autoload};
use crate::env::netns::fresh;
use crate::env::proc::Child;
use crate::harness::{cases, Test};
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Sock};

cases![
    by_message,
    by_group,
    by_iptables,
    by_ip6tables,
    by_nft,
    by_many_at_once,
    switched_off,
];

fn wait_loaded(name: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !loaded(name) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    loaded(name)
}

fn by_message(t: &mut Test) {
    for kind in [GET, NEW, CTRZERO, DEL] {
        without_pair();
        let msg = Msg::new(kind, ASK).name(b"o");
        let reply = t.exchange(format!("{kind:x}"), &Sock::open(), &msg);
        assert_eq!(reply.outcome(), if kind == NEW { "0" } else { "ENOENT" });
        assert!(loaded(PROVIDER));
    }
    assert!(!loaded(MATCH));
}

/// Joining the group asks for the module, without waiting for it.
fn by_group(t: &mut Test) {
    without_pair();
    Sock::open().join_quota().expect("membership");
    assert!(wait_loaded(PROVIDER));
    t.obs("match", loaded(MATCH));
}

fn by_front_end(t: &mut Test, tool: &str) {
    without_pair();
    // The extension looks for the match before it looks for the object.
    let rule = format!("{tool} -A OUTPUT -m nfacct --nfacct-name o");
    let first = cmd::run(&rule);
    assert_ne!(first.code, 0);
    t.obs("missing", first);
    assert!(loaded(MATCH) && loaded(PROVIDER));
    Acct::open().add("o");
    t.obs("there", must(&rule));
}

fn by_iptables(t: &mut Test) {
    by_front_end(t, "iptables-legacy");
}

fn by_ip6tables(t: &mut Test) {
    by_front_end(t, "ip6tables-legacy");
}

fn by_nft(t: &mut Test) {
    by_front_end(t, "iptables-nft");
}

fn switched_off(t: &mut Test) {
    without_pair();
    no_autoload();
    let s = Sock::open();
    for kind in [NEW, GET, CTRZERO, DEL] {
        let msg = Msg::new(kind, ASK).name(b"o");
        t.expect(format!("{kind:x}"), &s, &msg, "EINVAL");
    }
    s.join_quota().expect("membership");
    t.obs("tool", cmd::run("nfacct list"));
    assert!(!loaded(PROVIDER));
}

/// First messages from many processes and namespaces at the same moment.
fn by_many_at_once(t: &mut Test) {
    for _ in 0..3 {
        without_pair();
        let (ready, gun) = UnixStream::pair().expect("pair");
        let children: Vec<_> = (0..6)
            .map(|_| {
                let mut gun = gun.try_clone().expect("pair");
                Child::spawn(move || {
                    fresh();
                    let acct = Acct::open();
                    // Ends for all when the other side is closed.
                    let _ = gun.read(&mut [0]);
                    acct.add("o");
                    i32::from(acct.names() != ["o"])
                })
            })
            .collect();
        ready.shutdown(Shutdown::Write).expect("start");
        for child in children {
            assert_eq!(child.wait(), 0);
        }
    }
    t.obs("loaded", loaded(PROVIDER));
}
