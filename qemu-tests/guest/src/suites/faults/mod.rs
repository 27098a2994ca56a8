// SPDX-License-Identifier: GPL-2.0-only
//! Every single allocation fails once, in every kind of request, in loading
//! rules, in creating namespaces and in loading the modules.
//!
//! Whatever fails, the state is as before or as after, a refusal changes
//! nothing, and no count is lost. Leaks show when the modules are unloaded.

mod points;

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd;

use crate::env::faults::FailNth;
use crate::env::netns::Netns;
use crate::env::traffic::Udp;
use crate::env::{cmd, modules, netns};
use crate::harness::{cases, Scale, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::socket::LARGE;
use crate::wire::{errno_name, Acct, Msg, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};
use points::{at_each_point, conserves, error_of, judge, sums};

cases![
    requests,
    dump_parts,
    legacy_rules,
    nft_rules,
    over_quota_event,
    namespaces,
    module_load,
];

/// More points than anything here has.
const MOST: u64 = 5000;

/// What an operation may say when memory or a copy fails.
const ERRORS: [i32; 4] = [libc::ENOMEM, libc::ENOBUFS, libc::EFAULT, libc::EAGAIN];

fn scene(acct: &Acct) {
    acct.sock.exchange(&Msg::new(DEL, REQUEST));
    acct.add_at("plain", 5, 50);
    acct.add_quota_at("quota", F_PKTS, 3, 7, 70);
}

/// Each kind of request, as far as the send goes: the kernel answers in it.
fn requests(t: &mut Test) {
    let acct = Acct::open();
    scene(&acct);
    modules::no_autoload();
    let fail = FailNth::open();
    let quota = |m: Msg| m.be32(FLAGS, F_BYTES).be64(QUOTA, 9);
    for (step, msg) in [
        ("new", Msg::named(NEW, ADD, "fresh")),
        ("new-quota", quota(Msg::named(NEW, ADD, "fresh"))),
        ("new-taken", Msg::named(NEW, ADD, "plain")),
        ("replace", Msg::named(NEW, ADD | REPLACE, "quota")),
        ("get", Msg::named(GET, ASK, "plain")),
        ("reset", Msg::named(CTRZERO, ASK, "plain")),
        ("reset-quota", Msg::named(CTRZERO, ASK, "quota")),
        ("dump", Msg::new(GET, LIST)),
        ("dump-filter", Msg::new(GET, LIST).filter(1, 1)),
        ("dump-reset", Msg::new(CTRZERO, LIST)),
        ("del", Msg::named(DEL, ASK, "plain")),
        ("flush", Msg::new(DEL, ASK)),
    ] {
        let prepare = || {
            scene(&acct);
            Sock::open()
        };
        let send = |s: &mut Sock| error_of(s.send(msg.bytes()));
        let answer = |s: &mut Sock| {
            let mut reply = Reply::default();
            s.drain(LARGE, &mut reply);
            reply
        };
        let (points, whole) = at_each_point(&fail, prepare, send, answer);
        judge(t, step, &points, &whole);
        if step.contains("reset") {
            for (n, point) in (1..).zip(&points) {
                assert!(conserves(point, sums(&whole.before)), "{step} point {n}");
            }
        }
    }
}

/// The later parts of a dump with reset, which are made inside receives.
fn dump_parts(t: &mut Test) {
    let acct = Acct::open();
    let fail = FailNth::open();
    let all: Vec<_> = (0..150)
        .map(|n| add_quiet(&format!("object-{n:03}")).counters(3, 30))
        .collect();
    let prepare = || {
        acct.flush();
        acct.add_many(&all);
        let s = Sock::open();
        s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1).expect("SO_RCVBUF");
        let mut reply = Reply::default();
        s.send(Msg::new(CTRZERO, LIST).bytes()).expect("send");
        reply.parts.push(s.recv(4096).expect("first part").bytes);
        (s, reply, vec![0; 8192], 0)
    };
    let call = |state: &mut (Sock, Reply, Vec<u8>, usize)| match state.0.recv_into(&mut state.2, 0) {
        Ok(len) => {
            state.3 = len;
            0
        }
        Err(e) => e.raw_os_error().unwrap_or(-1),
    };
    let answer = |state: &mut (Sock, Reply, Vec<u8>, usize)| {
        let mut reply = std::mem::take(&mut state.1);
        if state.3 > 0 {
            reply.parts.push(state.2[..state.3].to_vec());
        }
        state.0.drain(4096, &mut reply);
        reply
    };
    let (points, whole) = at_each_point(&fail, prepare, call, answer);
    assert!(!points.is_empty(), "nothing can fail");
    let (mut cut, mut conserved) = (0, conserves(&whole, (450, 4500)));
    for (n, point) in (1..).zip(points.iter().chain([&whole])) {
        let what = || format!("point {n}: {} {}", point.errno, point.reply.outcome());
        assert!(point.reply.recv.iter().all(|e| ERRORS.contains(e)), "{}", what());
        // The copy to the reader failed: he has lost one part by himself.
        if point.errno == libc::EFAULT {
            cut += 1;
            continue;
        }
        assert_eq!(point.errno, 0, "{}", what());
        assert!(point.reply.done(), "{}", what());
        assert_eq!(point.reply.objects().len(), all.len(), "{}", what());
        conserved &= conserves(point, (450, 4500));
    }
    t.note(format!("{} points, {cut} failed copies", points.len()));
    assert!(cut < points.len(), "no allocation has failed");
    t.obs("parts", "whole");
    t.obs("conserved", if conserved { "yes" } else { "no" });
    assert!(conserved || t.stack() == "c-c", "counts are lost");
}

fn nothing<S>(_: &mut S) -> Reply {
    Reply::default()
}

fn legacy_rules(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    acct.add_quota("b", F_PKTS, 9);
    for family in [Family::V4, Family::V6] {
        let tables = Tables::open(family);
        tables.replace(&[]).expect("no rules");
        let rules = [
            Rule::count(Hook::Out, 1, "a"),
            Rule::count(Hook::In, 0, "b"),
            Rule::count(Hook::Out, 1, "b"),
        ];
        tables.replace(&rules).expect("rules");
        let fail = FailNth::open();
        for (step, from, to) in [("insert", &[][..], &rules[..]), ("remove", &rules, &[])] {
            let prepare = || {
                tables.replace(from).expect("rules");
                tables.prepare(to).expect("rules")
            };
            let (points, whole) = at_each_point(&fail, prepare, |r| error_of(r.commit()), nothing);
            judge(t, &format!("{step}-{family:?}"), &points, &whole);
        }
    }
}

fn nft_rules(t: &mut Test) {
    let acct = Acct::open();
    acct.add("a");
    let settled = || {
        nft::delete(&acct.sock, Family::V6);
        acct.settle("a", 1);
        Sock::open()
    };
    let matches = [Match::nfacct(1, b"a"), Match::nfacct(0, b"a")];
    // Everything that is loaded on demand is there afterwards.
    nft::rules(&acct.sock, Family::V6, Hook::Out, &matches);
    settled();
    modules::no_autoload();
    let fail = FailNth::open();
    let bytes = nft::rules_bytes(Family::V6, Hook::Out, &matches);
    let answer = |s: &mut Sock| {
        let mut reply = Reply::default();
        s.drain(LARGE, &mut reply);
        // Of a failed transaction all is undone, references in a workqueue.
        if reply.errno().is_some_and(|e| e != 0) {
            acct.settle("a", 1);
        }
        reply
    };
    let call = |s: &mut Sock| error_of(s.send(&bytes));
    let (points, whole) = at_each_point(&fail, settled, call, answer);
    assert!(!points.is_empty(), "nothing can fail");
    assert_eq!(whole.refused(), None);
    let mut refused = 0;
    for (n, point) in (1..).zip(points.iter().chain([&whole])) {
        let what = || format!("point {n}: {} {}", point.errno, point.reply.outcome());
        // Both rules are there, or none and the sender knows.
        let uses = match point.refused() {
            Some(errno) => {
                assert!(ERRORS.contains(&errno), "{}", what());
                refused += 1;
                1
            }
            None => 3,
        };
        assert_eq!(point.after[0].uses, uses, "{}", what());
    }
    t.note(format!("{} points, {refused} refused", points.len()));
    t.obs("insert", "whole");
    settled();
}

/// The packet that crosses the quota cannot send the event: a later one does.
fn over_quota_event(t: &mut Test) {
    let acct = Acct::open();
    acct.add_quota("q", F_PKTS, 1);
    crate::xt::sockopt::count_output(&["q"]);
    let events = Sock::open();
    events.join_quota().expect("membership");
    let udp = Udp::v4();
    let fail = FailNth::open();
    let (mut lost, mut points) = (0, 0);
    for n in 1..MOST {
        acct.reset("q");
        let (_, hit) = fail.at(n, || udp.try_send(72));
        udp.send(2, 72);
        let mut reply = Reply::default();
        events.drain(LARGE, &mut reply);
        lost += u32::from(reply.objects().is_empty());
        assert!(reply.objects().len() < 2, "point {n}: two events");
        if !hit {
            break;
        }
        points = n;
    }
    t.note(format!("{points} points, {lost} events lost"));
    assert!(points > 0);
    t.obs("lost", if lost > 0 { "some" } else { "none" });
    assert!(lost == 0 || t.stack() == "c-c", "{lost} events lost");
}

/// The points of an operation that has hundreds and takes long; the seed chooses which.
fn slow_points(t: &Test) -> impl Iterator<Item = u64> {
    let Scale { stride, seed, .. } = t.scale();
    (1 + seed % stride..MOST).step_by(stride as usize)
}

/// The error number that a system call has left, 0 for success.
fn error_of_call(ret: i64) -> i32 {
    error_of(if ret == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) })
}

/// What came of the points. Much of the kernel takes part here and has error numbers
/// of its own for want of memory, so they are for humans; ours is always among them.
fn explain(t: &mut Test, step: &str, points: u64, errors: &BTreeSet<i32>) {
    let names: Vec<_> = errors.iter().map(|e| errno_name(*e)).collect();
    t.note(format!("{step}: {points} points: {}", names.join(" ")));
    assert!(errors.contains(&libc::ENOMEM), "{step}: no lack of memory");
    assert!(errors.iter().all(|e| *e >= 0), "{step}: refused without a reason");
}

/// A namespace is there with its table, or not at all.
fn namespaces(t: &mut Test) {
    Acct::open().add("home");
    let home = Netns::current();
    let fail = FailNth::open();
    let (mut points, mut errors) = (0, BTreeSet::new());
    for n in slow_points(t) {
        let call = || {
            // SAFETY: Plain system call.
            error_of_call(unsafe { libc::unshare(libc::CLONE_NEWNET) }.into())
        };
        let (errno, hit) = fail.at(n, call);
        if errno == 0 {
            let acct = Acct::open();
            assert!(acct.names().is_empty());
            acct.add("there");
            home.enter();
        }
        assert_eq!(Acct::open().names(), ["home"]);
        if !hit {
            assert_eq!(errno, 0);
            break;
        }
        points += 1;
        errors.insert(errno);
    }
    explain(t, "unshare", points, &errors);
    t.obs("left", Acct::open().names().len());
    netns::fresh();
}

/// Both modules are loaded by hand, failing everywhere; in between they work.
fn module_load(t: &mut Test) {
    modules::unload_pair();
    modules::load(&["x_tables"]);
    let fail = FailNth::open();
    for name in ["nfnetlink_acct", "xt_nfacct"] {
        let path = cmd::must(&format!("modinfo -n {name}")).out;
        let file = File::open(path.trim()).expect("module");
        let none = CString::default();
        let (mut points, mut errors) = (0, BTreeSet::new());
        for n in slow_points(t) {
            let call = || {
                let arguments = none.as_ptr();
                // SAFETY: Plain system call with a valid descriptor and string.
                error_of_call(unsafe {
                    libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), arguments, 0)
                })
            };
            let (errno, hit) = fail.at(n, call);
            assert_eq!(modules::loaded(name), errno == 0, "{name} point {n}");
            if !hit {
                assert_eq!(errno, 0, "{name}");
                break;
            }
            modules::unload(name);
            points += 1;
            errors.insert(errno);
        }
        explain(t, name, points, &errors);
        t.obs(name, "loaded");
    }
    let acct = Acct::open();
    acct.add("a");
    crate::xt::sockopt::count_output(&["a"]);
    Udp::v4().send(3, 72);
    assert_eq!(acct.counts("a").0, 3);
}
