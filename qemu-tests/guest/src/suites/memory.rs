// SPDX-License-Identifier: GPL-2.0-only
//! Memory control groups: who creates objects pays for them.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use crate::env::charge;
use crate::env::proc::Child;
use crate::harness::{cases, skip, Depth, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::{Acct, Msg};

cases![
    plain_objects,
    quota_objects,
    given_back,
    share_of_the_creator,
    limit,
];

const OBJECTS: u64 = 4000;

/// Least size of an object's slab part, and of its cells on each processor.
const SLAB_EACH: u64 = 64;
const CELLS_EACH: u64 = 16;

/// A control group, removed at the end.
struct Group {
    path: PathBuf,
}

impl Group {
    fn new() -> Self {
        let parent = charge::group();
        if !parent.join("cgroup.controllers").exists() {
            skip("no unified control group hierarchy");
        }
        fs::write(parent.join("cgroup.subtree_control"), "+memory").expect("memory controller");
        let path = parent.join("nfacct-memory-test");
        fs::create_dir(&path).expect("control group");
        Self { path }
    }

    fn enter(&self) {
        fs::write(self.path.join("cgroup.procs"), "0").expect("cgroup.procs");
    }

    fn stat(&self, key: &str) -> u64 {
        let text = fs::read_to_string(self.path.join("memory.stat")).expect("memory.stat");
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
            .unwrap_or_else(|| panic!("no {key} in memory.stat"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Fails as long as a child lives in it; the next test would say so.
        let _ = fs::remove_dir(&self.path);
    }
}

/// A child inside the group that creates objects, and deletes them when told.
struct Creator {
    child: Child,
    line: UnixStream,
}

impl Creator {
    fn start(group: &Group, objects: u64, quota: bool) -> Self {
        let (mut ours, mut theirs) = UnixStream::pair().expect("pair");
        let child = Child::spawn(|| {
            // Not charged to the group: several creators use the same names.
            crate::env::netns::fresh();
            group.enter();
            let acct = Acct::open();
            // From here on all memory is that of objects.
            tell(&mut theirs);
            wait(&mut theirs);
            let all: Vec<_> = (0..objects)
                .map(|n| {
                    let msg = add_quiet(&format!("{n:05}"));
                    if quota {
                        msg.be32(FLAGS, F_PKTS).be64(QUOTA, 5)
                    } else {
                        msg
                    }
                })
                .collect();
            acct.add_many(&all);
            tell(&mut theirs);
            wait(&mut theirs);
            acct.flush();
            tell(&mut theirs);
            wait(&mut theirs);
            0
        });
        wait(&mut ours);
        Self { child, line: ours }
    }

    fn step(&mut self) {
        tell(&mut self.line);
        wait(&mut self.line);
    }

    fn end(mut self) {
        tell(&mut self.line);
        assert_eq!(self.child.wait(), 0);
    }
}

fn tell(line: &mut UnixStream) {
    line.write_all(b".").expect("word");
}

fn wait(line: &mut UnixStream) {
    line.read_exact(&mut [0]).expect("word");
}

fn charged(t: &mut Test, step: &str, grown: u64, least: u64) {
    t.note(format!("{step}: {grown} bytes, {least} expected at least"));
    t.obs(step, if grown >= least { "charged" } else { "free" });
}

fn measure(t: &mut Test, quota: bool) {
    let group = Group::new();
    let mut creator = Creator::start(&group, OBJECTS, quota);
    let before = (group.stat("slab "), group.stat("percpu "));
    creator.step();
    let slab = group.stat("slab ").saturating_sub(before.0);
    let cells = group.stat("percpu ").saturating_sub(before.1);
    charged(t, "slab", slab, OBJECTS * SLAB_EACH);
    // For the debug kernel our cells are built as slabs, which its checkers see.
    match t.scale().depth {
        _ if quota => {}
        Depth::Debug => charged(t, "cells", slab, OBJECTS * (SLAB_EACH + CELLS_EACH)),
        _ => charged(t, "cells", cells, OBJECTS * CELLS_EACH),
    }
    creator.step();
    creator.end();
}

fn plain_objects(t: &mut Test) {
    measure(t, false);
}

fn quota_objects(t: &mut Test) {
    measure(t, true);
}

/// After a delete and a grace period nothing remains charged.
fn given_back(t: &mut Test) {
    let group = Group::new();
    let mut creator = Creator::start(&group, OBJECTS, false);
    creator.step();
    let full = group.stat("slab ") + group.stat("percpu ");
    creator.step();
    let mut left = full;
    for _ in 0..1000 {
        std::thread::sleep(std::time::Duration::from_millis(20));
        left = group.stat("slab ") + group.stat("percpu ");
        // Half, because slabs are given back page by page.
        if left < OBJECTS * SLAB_EACH / 2 {
            break;
        }
    }
    t.note(format!("{full} bytes before, {left} after the delete"));
    creator.end();
    assert!(left < OBJECTS * SLAB_EACH / 2, "{left} bytes remain");
    t.obs("given-back", "yes");
}

/// What the whole kernel has taken, in bytes: slabs, per-CPU memory. What the per-CPU
/// allocator notes about a chunk is not in it: it is there before the chunk has a user.
fn whole_kernel() -> [u64; 2] {
    let text = fs::read_to_string("/proc/meminfo").expect("/proc/meminfo");
    let value = |key: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        number.and_then(|n| n.parse().ok()).expect("a number of kB")
    };
    ["SUnreclaim:", "Percpu:"].map(|key| value(key) * 1024)
}

/// The same once messages on their way and what waits for a grace period are gone.
fn settled() -> [u64; 2] {
    let mut least = whole_kernel();
    for _ in 0..20 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let now = whole_kernel();
        least = [least[0].min(now[0]), least[1].min(now[1])];
    }
    least
}

/// Nearly all memory that many objects take is charged to who made them.
fn share_of_the_creator(t: &mut Test) {
    let group = Group::new();
    // Many, for others take memory meanwhile, too; C would search for hours.
    let objects = if t.stack() == "c-c" { OBJECTS } else { 3 * OBJECTS / 2 };
    let mut creators: Vec<_> = (0..8).map(|_| Creator::start(&group, objects, false)).collect();
    let charged = || ["slab ", "percpu "].map(|key| group.stat(key));
    let before = (settled(), charged());
    for creator in &mut creators {
        creator.step();
    }
    let (whole, paid) = (settled(), charged());
    let (mut all, mut ours) = (0, 0);
    for kind in 0..2 {
        let grown = whole[kind].saturating_sub(before.0[kind]);
        let charged = paid[kind].saturating_sub(before.1[kind]);
        t.note(format!("{charged} bytes of {grown} are charged"));
        all += grown;
        // Notes about per-CPU memory are charged as such, and must not hide anything else.
        ours += charged.min(grown);
    }
    // The debug kernel's checkers take more than the objects themselves, charged to nobody.
    if t.scale().depth == Depth::Debug {
        ours = paid.iter().sum::<u64>().saturating_sub(before.1.iter().sum());
        all = 8 * objects * (SLAB_EACH + CELLS_EACH);
    }
    let percent = ours * 100 / all.max(1);
    t.note(format!("together {percent} %"));
    t.obs("share", if percent >= 95 { "95 % or more" } else { "less" });
    for mut creator in creators {
        creator.step();
        creator.end();
    }
}

/// A group at its limit gets ENOMEM, keeps what it has, and may go on when it deletes
/// some of it or the limit is lifted. Its process must not be killed, so it is exempt.
fn limit(t: &mut Test) {
    const ENOUGH: u64 = 8000;
    let group = Group::new();
    let (mut line, theirs) = UnixStream::pair().expect("pair");
    let path = group.path.clone();
    let child = Child::spawn(move || {
        fs::write("/proc/self/oom_score_adj", "-1000").expect("oom_score_adj");
        fs::write(path.join("cgroup.procs"), "0").expect("cgroup.procs");
        // Its own memory must not grow at the limit, nor be given back before:
        // a page that it cannot get would stop it for ever.
        // SAFETY: Plain library call.
        unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX) };
        let acct = Acct::open();
        let create = |n| {
            let msg = Msg::named(NEW, ADD, &format!("{n:06}"));
            acct.sock.exchange(&msg).errno().expect("an acknowledgement")
        };
        for n in 0..50 {
            assert_eq!(create(n), 0);
        }
        // All that runs at the limit has run, and no page is shared any more.
        assert_eq!((acct.del("000000"), create(0)), (0, 0));
        // SAFETY: Plain system call.
        assert_eq!(unsafe { libc::mlockall(libc::MCL_CURRENT) }, 0);
        let max = OpenOptions::new().write(true).open(path.join("memory.max"));
        let mut max = max.expect("memory.max");
        let now = fs::read_to_string(path.join("memory.current")).expect("memory.current");
        let limit = now.trim().parse::<u64>().expect("bytes") + 600 * 1024;
        max.write_all(limit.to_string().as_bytes()).expect("limit");
        let mut made = 50;
        let mut errno = 0;
        while errno == 0 && made < ENOUGH {
            errno = create(made);
            made += u64::from(errno == 0);
        }
        // Half of it goes, a quarter comes back: all that is under the limit.
        let deleted = (0..made / 2).filter(|n| acct.del(&format!("{n:06}")) == 0).count() as u64;
        let back = (0..made / 4).take_while(|n| create(*n) == 0).count() as u64;
        max.write_all(b"max").expect("no limit");
        let there = acct.names().len() as u64;
        acct.flush();
        let again = create(0);
        let all = deleted == made / 2 && there == made - deleted + back;
        write!(&theirs, "{errno} {all} {} {again}", back == made / 4).expect("report");
        0
    });
    let mut text = String::new();
    line.read_to_string(&mut text).expect("report");
    assert_eq!(child.wait(), 0);
    let words: Vec<_> = text.split(' ').collect();
    assert_eq!(words[1..], ["true", "true", "0"], "{text}");
    let errno = words[0].parse().expect("a number");
    t.obs("errno", crate::wire::errno_name(errno));
}
