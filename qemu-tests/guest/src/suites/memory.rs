// SPDX-License-Identifier: GPL-2.0-only
//! Memory control groups: who creates objects pays for them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::env::proc::Child;
use crate::harness::{cases, skip, Test};
use crate::wire::acct::add_quiet;
use crate::wire::consts::*;
use crate::wire::Acct;

cases![plain_objects, quota_objects, given_back];

const ROOT: &str = "/sys/fs/cgroup";
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
        if !Path::new(ROOT).join("cgroup.controllers").exists() {
            skip("no unified control group hierarchy");
        }
        let control = Path::new(ROOT).join("cgroup.subtree_control");
        fs::write(control, "+memory").expect("memory controller");
        let path = Path::new(ROOT).join("nfacct-memory-test");
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
    fn start(group: &Group, quota: bool) -> Self {
        let (ours, mut theirs) = UnixStream::pair().expect("pair");
        let child = Child::spawn(|| {
            group.enter();
            let acct = Acct::open();
            wait(&mut theirs);
            let all: Vec<_> = (0..OBJECTS)
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
    let mut creator = Creator::start(&group, quota);
    let before = (group.stat("slab "), group.stat("percpu "));
    creator.step();
    let slab = group.stat("slab ").saturating_sub(before.0);
    let cells = group.stat("percpu ").saturating_sub(before.1);
    charged(t, "slab", slab, OBJECTS * SLAB_EACH);
    if !quota {
        charged(t, "cells", cells, OBJECTS * CELLS_EACH);
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
    let mut creator = Creator::start(&group, false);
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
