// SPDX-License-Identifier: GPL-2.0-only
//! Many processes at once, and processors that come and go.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::env::modules::built_in;
use crate::env::proc::Child;
use crate::env::traffic::Udp;
use crate::harness::{cases, skip, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{Acct, Msg, Sock};
use crate::xt::sockopt::{count_output, Tables};
use crate::xt::{nft, Family, Hook, Match, Rule};

cases![
    dumps_under_churn,
    everything_at_once,
    one_winner,
    delete_against_rules,
    processors_come_and_go,
];

/// In which even a busy emulator does what is asked of it here.
const LIMIT: Duration = Duration::from_secs(300);

/// Creates and deletes objects of its own until it is killed.
fn churn(label: &str) -> Child {
    let label = label.to_string();
    Child::spawn(move || {
        let acct = Acct::open();
        loop {
            let all: Vec<_> = (0..150).map(|n| add_quiet(&format!("{label}{n}"))).collect();
            acct.add_many(&all);
            for n in 0..150 {
                acct.del(&format!("{label}{n}"));
            }
        }
    })
}

/// Objects that exist all the time are in every dump, exactly once, in order.
///
/// They are older than those that come and go, so that the position of a dump
/// is never lost before it has reported them.
fn dumps_under_churn(t: &mut Test) {
    let acct = Acct::open();
    let stays: Vec<_> = (0..200).map(|n| format!("stays-{n:03}")).collect();
    let all: Vec<_> = stays.iter().map(|n| add_quiet(n)).collect();
    acct.add_many(&all);
    let children = [churn("one-"), churn("two-")];
    let want = t.scale().of(40, 10, 1000);
    let deadline = Instant::now() + LIMIT;
    let (mut dumps, mut changes, mut others) = (0, 0, Vec::new());
    while dumps < want || changes == 0 {
        assert!(Instant::now() < deadline, "{dumps} dumps, {changes} changes");
        dumps += 1;
        let s = Sock::open();
        let reply = s.exchange_sized(Msg::new(GET, LIST).bytes(), 4096);
        assert!(reply.done(), "{}", reply.outcome());
        let interrupted = reply.messages().iter().any(|m| m.flags & DUMP_INTR != 0);
        assert!(!interrupted);
        let objects = reply.objects();
        assert!(objects.len() >= stays.len());
        let same = objects.iter().zip(&stays).all(|(o, n)| o.name == n.as_bytes());
        assert!(same, "an object is missing or came twice");
        let names: Vec<_> = objects[stays.len()..].iter().map(|o| o.name.clone()).collect();
        changes += u64::from(dumps > 1 && names != others);
        others = names;
    }
    for child in children {
        assert_eq!(child.kill(), 128 + libc::SIGKILL);
    }
    t.note(format!("{dumps} dumps, {changes} unlike the one before"));
    acct.flush();
    t.obs("left", acct.names().len());
}

/// Makes what is to be repeated.
type Prepare = fn() -> Box<dyn FnMut()>;

/// Someone who does the same again and again until he is killed.
struct Busy {
    child: Child,
    line: UnixStream,
}

impl Busy {
    /// He says so when he has done it `want` times.
    fn start(want: u64, prepare: Prepare) -> Self {
        let (line, mut theirs) = UnixStream::pair().expect("pair");
        line.set_read_timeout(Some(LIMIT)).expect("time-out");
        let child = Child::spawn(move || {
            let mut step = prepare();
            for _ in 0..want {
                step();
            }
            theirs.write_all(b".").expect("word");
            loop {
                step();
            }
        });
        Self { child, line }
    }
}

/// Every kind of access at the same time; afterwards all is in order.
fn everything_at_once(t: &mut Test) {
    let acct = Acct::open();
    acct.add("stays");
    acct.add_quota("limited", F_BYTES, 1000);
    let loops: [Prepare; 4] = [
        || {
            Box::new(|| {
                let rules = [
                    Rule::count(Hook::Out, 1, "stays"),
                    Rule::count(Hook::Out, 0, "limited"),
                ];
                let tables = Tables::open(Family::V4);
                tables.replace(&rules).expect("rules");
                tables.replace(&[]).expect("no rules");
            })
        },
        || {
            let udp = Udp::v4();
            Box::new(move || udp.send(20, 72))
        },
        || {
            let s = Sock::open();
            Box::new(move || {
                s.exchange(&Msg::new(CTRZERO, LIST));
                s.exchange(&Msg::new(DEL, REQUEST));
                s.exchange(&Msg::new(NEW, REQUEST | REPLACE).name(b"limited"));
            })
        },
        || {
            Box::new(|| {
                let s = Sock::open();
                let m = Match::nfacct(1, b"stays");
                nft::rule(&s, Family::V4, Hook::In, &m);
                nft::delete(&s, Family::V4);
            })
        },
    ];
    // In use by a rule of the other family, so that no flush takes them.
    let keep = [
        Rule::count(Hook::In, 1, "stays"),
        Rule::count(Hook::In, 1, "limited"),
    ];
    let anchor = Tables::open(Family::V6);
    anchor.replace(&keep).expect("rules");
    let want = t.scale().of(30, 5, 1000);
    let churn = churn("x-");
    let busy = loops.map(|prepare| Busy::start(want, prepare));
    for (n, one) in busy.iter().enumerate() {
        let mut line = &one.line;
        let word = line.read_exact(&mut [0]);
        assert!(word.is_ok(), "number {n} has not done its work: {word:?}");
    }
    for child in busy.map(|one| one.child).into_iter().chain([churn]) {
        assert_eq!(child.kill(), 128 + libc::SIGKILL);
    }
    Tables::open(Family::V4).replace(&[]).expect("no rules");
    nft::delete(&acct.sock, Family::V4);
    acct.flush();
    let names = acct.names();
    assert_eq!(names, ["stays", "limited"]);
    anchor.replace(&[]).expect("no rules");
    let deadline = Instant::now() + Duration::from_secs(120);
    while acct.get("stays").uses > 1 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    acct.flush();
    t.obs("left", acct.names().len());
    assert!(acct.names().is_empty());
}

/// Two processes create the same names: each name has exactly one creator.
fn one_winner(t: &mut Test) {
    const NAMES: usize = 600;
    let create = || {
        let s = Sock::open();
        let created = (0..NAMES).filter(|n| {
            let name = format!("n{n}");
            let msg = Msg::new(NEW, REQUEST | ACK | EXCL).name(name.as_bytes());
            match s.exchange(&msg).errno() {
                Some(0) => true,
                Some(libc::EEXIST) => false,
                other => panic!("{other:?}"),
            }
        });
        created.count()
    };
    let (mut ours, theirs) = UnixStream::pair().expect("pair");
    let child = Child::spawn(move || {
        let count = create().to_string();
        (&theirs).write_all(count.as_bytes()).expect("report");
        0
    });
    let mine = create();
    assert_eq!(child.wait(), 0);
    let mut text = String::new();
    ours.read_to_string(&mut text).expect("report");
    let others: usize = text.parse().expect("a count");
    assert_eq!(mine + others, NAMES);
    assert_eq!(Acct::open().names().len(), NAMES);
    t.obs("sum", mine + others);
}

/// Deletes race with rules that take the object: only one side can win.
fn delete_against_rules(t: &mut Test) {
    let child = Child::spawn(|| {
        let acct = Acct::open();
        let tables = Tables::open(Family::V6);
        let rules = [Rule::count(Hook::Out, 1, "o")];
        loop {
            match tables.try_replace(&rules) {
                // Nobody can delete it now.
                0 => assert!(acct.get("o").uses > 1),
                libc::ENOENT => {}
                other => panic!("errno {other}"),
            }
            tables.replace(&[]).expect("no rules");
        }
    });
    let acct = Acct::open();
    let want = t.scale().of(20, 3, 1000);
    let deadline = Instant::now() + LIMIT;
    let (mut deleted, mut busy) = (0, 0);
    while deleted.min(busy) < want {
        assert!(Instant::now() < deadline, "{deleted} deleted, {busy} times in use");
        acct.sock.exchange(&Msg::new(NEW, REQUEST).name(b"o"));
        let errno = acct.del("o");
        match errno {
            0 => deleted += 1,
            libc::EBUSY => busy += 1,
            other => panic!("errno {other}"),
        }
    }
    assert_eq!(child.kill(), 128 + libc::SIGKILL);
    t.note(format!("{deleted} deleted, {busy} times in use"));
    Tables::open(Family::V6).replace(&[]).expect("no rules");
    acct.flush();
    t.obs("left", acct.names().len());
    assert!(acct.names().is_empty());
}

/// Switches the second processor.
pub(super) struct SecondCpu;

impl SecondCpu {
    const SWITCH: &'static str = "/sys/devices/system/cpu/cpu1/online";

    pub(super) fn exists() -> bool {
        Path::new(Self::SWITCH).exists()
    }

    pub(super) fn set(on: bool) {
        fs::write(Self::SWITCH, if on { "1" } else { "0" }).expect("processor switch");
    }
}

impl Drop for SecondCpu {
    fn drop(&mut self) {
        Self::set(true);
    }
}

/// Counts made on a processor that is off stay, and resets take them along.
fn processors_come_and_go(t: &mut Test) {
    if built_in() || !SecondCpu::exists() {
        skip("needs a machine of its own with two processors");
    }
    let acct = Acct::open();
    acct.add("a");
    count_output(&["a"]);
    let _on_again = SecondCpu;
    let mut total = 0;
    for round in 0..3u64 {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| Udp::v4().send(500, 72));
            }
        });
        SecondCpu::set(false);
        assert_eq!(acct.counts("a").0, 1000, "round {round}");
        Udp::v4().send(100, 72);
        total += acct.reset("a").pkts;
        SecondCpu::set(true);
        assert_eq!(acct.counts("a").0, 0);
    }
    t.obs("total", total);
    assert_eq!(total, 3 * 1100);
}
