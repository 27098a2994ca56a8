// SPDX-License-Identifier: GPL-2.0-only
//! Every single allocation fails once, in every kind of request, in loading
//! rules, in creating namespaces and in loading the modules.
//!
//! Whatever fails, the state is as before or as after, a refusal changes
//! nothing, and no count is lost. Leaks show when the modules are unloaded.

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
use crate::wire::{Acct, Msg, Object, Reply, Sock};
use crate::xt::sockopt::Tables;
use crate::xt::{nft, Family, Hook, Match, Rule};

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

/// What was seen at one point of failure.
struct Point {
    /// Of the system call, 0 for success.
    errno: i32,
    /// What came back through the socket.
    reply: Reply,
    /// Objects before and after.
    before: Vec<Object>,
    after: Vec<Object>,
}

impl Point {
    /// The errno of the call, or else of the acknowledgement.
    fn refused(&self) -> Option<i32> {
        let answer = self.reply.errno().unwrap_or(0);
        [self.errno, answer].into_iter().find(|e| *e != 0)
    }
}

fn sums(objects: &[Object]) -> (u64, u64) {
    let pkts = objects.iter().map(|o| o.pkts).sum();
    (pkts, objects.iter().map(|o| o.bytes).sum())
}

fn error_of(result: std::io::Result<()>) -> i32 {
    result.map_or_else(|e| e.raw_os_error().unwrap_or(-1), |()| 0)
}

/// Runs `call` with each of its allocations failing in turn, each time after
/// `prepare`; then once without a failure.
fn at_each_point<S>(
    fail: &FailNth,
    mut prepare: impl FnMut() -> S,
    mut call: impl FnMut(&mut S) -> i32,
    mut answer: impl FnMut(&mut S) -> Reply,
) -> (Vec<Point>, Point) {
    let mut points = Vec::new();
    let look = Acct::open();
    for n in 1..MOST {
        let mut state = prepare();
        let before = look.list();
        let (errno, hit) = fail.at(n, || call(&mut state));
        let point = Point {
            errno,
            reply: answer(&mut state),
            before,
            after: look.list(),
        };
        if !hit {
            return (points, point);
        }
        points.push(point);
    }
    panic!("no end of points");
}

/// What must hold at each point.
fn judge(t: &mut Test, step: &str, points: &[Point], whole: &Point) {
    assert_eq!(whole.errno, 0, "{step}");
    assert!(!points.is_empty(), "{step}: nothing can fail");
    for (n, point) in (1..).zip(points) {
        let what = || format!("{step} point {n}: {} {}", point.errno, point.reply.outcome());
        assert_eq!(point.before, whole.before, "{}", what());
        let unchanged = point.after == point.before;
        assert!(unchanged || point.after == whole.after, "half done: {}", what());
        if let Some(errno) = point.refused() {
            let expected = ERRORS.contains(&errno) || Some(errno) == whole.refused();
            assert!(expected, "{}", what());
            // A dump whose first part found no memory is refused and goes on:
            // netlink starts it before it makes the part.
            let goes_on = point.reply.done();
            assert!(unchanged || goes_on, "refused, yet done: {}", what());
        }
    }
    let refused = points.iter().filter(|p| p.refused().is_some()).count();
    t.note(format!("{step}: {} points, {refused} refused", points.len()));
    t.obs(step, "whole");
}

/// What was there is in what was reported, or still there.
fn conserved(step: &str, points: &[Point], total: (u64, u64)) {
    for (n, point) in (1..).zip(points) {
        let parts = [&point.reply.objects(), &point.after].map(|o| sums(o));
        let both = (parts[0].0 + parts[1].0, parts[0].1 + parts[1].1);
        assert_eq!(both, total, "{step} point {n}");
    }
}

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
            conserved(step, &points, sums(&whole.before));
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
    let mut cut = 0;
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
    assert_eq!(whole.reply.objects().len(), all.len());
    for (n, point) in (1..).zip(&points) {
        // The copy to the reader failed: he has lost one part by himself.
        if point.errno == libc::EFAULT {
            cut += 1;
            continue;
        }
        assert!(point.reply.done(), "point {n}: {}", point.reply.outcome());
        assert_eq!(point.reply.objects().len(), all.len(), "point {n}");
        // C loses some at each boundary, with memory as well.
        if t.stack() != "c-c" {
            conserved("part", std::slice::from_ref(point), (450, 4500));
        }
    }
    t.note(format!("{} points, {cut} failed copies", points.len()));
    t.obs("parts", "whole");
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
    for point in points.iter().chain([&whole]) {
        let uses = point.after[0].uses;
        assert!(uses == 1 || uses == 3, "{uses} references");
    }
    assert_eq!(whole.after[0].uses, 3);
    t.note(format!("{} points", points.len()));
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
    // C sets the bit first and forgets the event for want of memory.
    assert!(lost == 0 || t.stack() == "c-c", "{lost} events lost");
}

/// The points of an operation that has hundreds and takes long; the seed chooses which.
fn slow_points(t: &Test) -> impl Iterator<Item = u64> {
    let Scale { stride, seed, .. } = t.scale();
    (1 + seed % stride..MOST).step_by(stride as usize)
}

/// A namespace is there with its table, or not at all.
fn namespaces(t: &mut Test) {
    Acct::open().add("home");
    let home = Netns::current();
    let fail = FailNth::open();
    let mut points = 0;
    for n in slow_points(t) {
        // SAFETY: Plain system call.
        let call = || unsafe { libc::unshare(libc::CLONE_NEWNET) };
        let (ret, hit) = fail.at(n, call);
        if ret == 0 {
            let acct = Acct::open();
            assert!(acct.names().is_empty());
            acct.add("there");
            home.enter();
        }
        assert_eq!(Acct::open().names(), ["home"]);
        if !hit {
            assert_eq!(ret, 0);
            break;
        }
        points += 1;
    }
    t.note(format!("{points} points"));
    assert!(points > 0);
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
        let mut points = 0;
        for n in slow_points(t) {
            // SAFETY: Plain system call with a valid descriptor and string.
            let call = || unsafe {
                libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), none.as_ptr(), 0)
            };
            let (ret, hit) = fail.at(n, call);
            assert_eq!(modules::loaded(name), ret == 0, "{name} point {n}");
            if !hit {
                assert_eq!(ret, 0, "{name}: {}", std::io::Error::last_os_error());
                break;
            }
            modules::unload(name);
            points += 1;
        }
        t.note(format!("{name}: {points} points"));
        assert!(points > 0);
        t.obs(name, "loaded");
    }
    let acct = Acct::open();
    acct.add("a");
    crate::xt::sockopt::count_output(&["a"]);
    Udp::v4().send(3, 72);
    assert_eq!(acct.counts("a").0, 3);
}
