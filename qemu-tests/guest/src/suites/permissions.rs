// SPDX-License-Identifier: GPL-2.0-only
//! Who may do what: root, a plain user, user namespaces, a lost capability.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::env::proc::{become_nobody, drop_net_admin, enter_userns, Child};
use crate::env::{cmd, modules, netns};
use crate::harness::{cases, skip, Test};
use crate::wire::consts::*;
use crate::wire::{errno_name, Acct, Msg, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    root,
    plain_user,
    root_without_net_admin,
    user_namespace,
    user_and_network_namespace,
    autoload_by_user,
    autoload_by_each,
    socket_passed_to_a_user,
    user_namespace_is_isolated,
];

fn errno(result: std::io::Result<()>) -> String {
    errno_name(match result {
        Ok(()) => 0,
        Err(e) => e.raw_os_error().unwrap_or(-1),
    })
}

/// Tries everything once; each result as `step value`.
fn attempt() -> Vec<(String, String)> {
    let mut out = Vec::new();
    let s = Sock::open();
    for (step, kind, flags) in [
        ("get", GET, ASK),
        ("new", NEW, ADD),
        ("get-new", GET, ASK),
        ("reset", CTRZERO, ASK),
        ("dump", GET, LIST),
        ("dump-reset", CTRZERO, LIST),
        ("del", DEL, ASK),
        ("flush", DEL, ASK),
        ("unknown", 0x7aa, ASK),
        ("short", GET, ASK),
    ] {
        let msg = match step {
            "flush" => Msg::new(kind, flags),
            "short" => Msg::bare(kind, flags),
            _ => Msg::new(kind, flags).name(b"o"),
        };
        out.push((step.into(), s.exchange(&msg).outcome()));
    }
    out.push(("join".into(), errno(s.join_quota())));
    s.exchange(&Msg::new(NEW, REQUEST | CREATE).name(b"o"));
    let tables = Tables::try_open(Family::V4);
    let legacy = tables.and_then(|t| t.replace(&[Rule::count(Hook::Out, 1, "o")]));
    out.push(("legacy".into(), errno(legacy)));
    let m = Match::nfacct(1, b"o");
    let rule = nft::rule(&s, Family::V6, Hook::Out, &m);
    out.push(("nft".into(), rule.outcome()));
    for tool in ["nfacct list", "nfacct add x", "iptables-nft -S", "iptables-legacy -S"] {
        let words = tool.replace(' ', "-");
        out.push((words, cmd::run(tool).code.to_string()));
    }
    out
}

/// Runs `attempt` in a child that took on an identity first.
fn as_other(t: &mut Test, identity: fn()) -> Vec<String> {
    // What a user may not load must be there, so that only the right to use
    // it decides.
    if !modules::built_in() {
        modules::load(&["xt_nfacct", "iptable_filter", "nft_compat"]);
    }
    let (mut ours, theirs) = UnixStream::pair().expect("pair");
    let child = Child::spawn(move || {
        identity();
        let mut out = theirs;
        for (step, value) in attempt() {
            writeln!(out, "{step} {value}").expect("report");
        }
        0
    });
    let mut text = String::new();
    ours.read_to_string(&mut text).expect("report");
    assert_eq!(child.wait(), 0, "{text}");
    let lines: Vec<String> = text.lines().map(String::from).collect();
    for line in &lines {
        let (step, value) = line.split_once(' ').expect("two words");
        t.obs(step, value);
    }
    lines
}

fn denied(lines: &[String]) {
    for line in lines {
        let (step, value) = line.split_once(' ').expect("two words");
        match step {
            "nfacct-list" | "nfacct-add-x" => assert_eq!(value, "1", "{step}"),
            "iptables-nft--S" | "iptables-legacy--S" => assert_ne!(value, "0", "{step}"),
            _ => assert!(value.starts_with("EPERM"), "{step} {value}"),
        }
    }
}

fn allowed(lines: &[String]) {
    for line in lines {
        let (step, value) = line.split_once(' ').expect("two words");
        let wrong = match step {
            "get" => value != "ENOENT",
            "unknown" => value != "EINVAL",
            _ => value.contains('E'),
        };
        assert!(!wrong, "{step} {value}");
    }
}

fn root(t: &mut Test) {
    let lines = as_other(t, || {});
    allowed(&lines);
}

fn plain_user(t: &mut Test) {
    let lines = as_other(t, become_nobody);
    denied(&lines);
}

fn root_without_net_admin(t: &mut Test) {
    let lines = as_other(t, drop_net_admin);
    denied(&lines);
}

/// Root of a user namespace has no right over a namespace it did not make.
fn user_namespace(t: &mut Test) {
    let lines = as_other(t, || {
        become_nobody();
        enter_userns();
    });
    denied(&lines);
}

fn own_network() {
    become_nobody();
    enter_userns();
    netns::fresh();
}

fn user_and_network_namespace(t: &mut Test) {
    let lines = as_other(t, own_network);
    allowed(&lines);
}

/// A user's first message in his own namespace loads the module.
fn autoload_by_user(t: &mut Test) {
    if modules::built_in() {
        skip("the kernel has the pair built in");
    }
    modules::unload_pair();
    let child = Child::spawn(|| {
        own_network();
        Acct::open().add("o");
        0
    });
    assert_eq!(child.wait(), 0);
    assert!(modules::loaded("nfnetlink_acct"));
    modules::unload_pair();
    let child = Child::spawn(|| {
        become_nobody();
        let s = Sock::open();
        let reply = s.exchange(&Msg::new(GET, ASK).name(b"o"));
        reply.errno().unwrap_or(0)
    });
    assert_eq!(child.wait(), libc::EPERM);
    t.obs("refused", modules::loaded("nfnetlink_acct"));
}

/// Who may not speak to the subsystem does not get its module loaded either.
fn autoload_by_each(t: &mut Test) {
    if modules::built_in() {
        skip("the kernel has the pair built in");
    }
    let identities: [(&str, fn(), bool); 5] = [
        ("root", || {}, true),
        ("nobody", become_nobody, false),
        ("no-net-admin", drop_net_admin, false),
        (
            "user-namespace",
            || {
                become_nobody();
                enter_userns();
            },
            false,
        ),
        ("own-network", own_network, true),
    ];
    for (step, identity, may) in identities {
        modules::unload_pair();
        let child = Child::spawn(move || {
            identity();
            let reply = Sock::open().exchange(&Msg::new(GET, ASK).name(b"o"));
            reply.errno().unwrap_or(0)
        });
        let errno = child.wait();
        assert_eq!(modules::loaded("nfnetlink_acct"), may, "{step}");
        t.obs(step, errno_name(errno));
    }
}

/// The right to use a socket needs its opener and its user to be privileged.
fn socket_passed_to_a_user(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    let child = Child::spawn(move || {
        become_nobody();
        let reply = acct.sock.exchange(&Msg::new(DEL, ASK).name(b"o"));
        reply.errno().unwrap_or(0)
    });
    t.obs("del", errno_name(child.wait()));
    assert_eq!(Acct::open().names().len(), 1);
}

/// What a user does in his namespace does not reach the others.
fn user_namespace_is_isolated(t: &mut Test) {
    let acct = Acct::open();
    acct.add("mine");
    let (mut ours, theirs) = UnixStream::pair().expect("pair");
    let child = Child::spawn(move || {
        own_network();
        let his = Acct::open();
        assert!(his.names().is_empty());
        his.add("his");
        his.flush();
        File::from(std::os::fd::OwnedFd::from(theirs))
            .write_all(b"done")
            .expect("report");
        0
    });
    let mut text = String::new();
    ours.read_to_string(&mut text).expect("report");
    assert_eq!(child.wait(), 0);
    assert_eq!(acct.names(), ["mine"]);
    t.obs("report", text);
}
