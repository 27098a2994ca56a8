// SPDX-License-Identifier: MIT OR Apache-2.0
//! `doctor`: every check, good and bad.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::nfacct;
use fake_kernel::FakeKernel;
use nfacct::Exit;
use serde_json::Value;

/// A directory with files of `proc` and `sys`.
struct Root(PathBuf);

impl Root {
    fn new(test: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("nfacct-doctor-{test}-{}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(root)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const ADMIN: (&str, &str) = ("proc/self/status", "Name:\tnfacct\nCapEff:\t0000000000001000\n");
const NOBODY: (&str, &str) = ("proc/self/status", "CapEff:\tffffffffffffefff\n");

/// Status and text of a check.
fn check(report: &Value, id: &str) -> (String, String) {
    let checks = report["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["id"] == id)
        .unwrap_or_else(|| panic!("no check {id}"));
    let part = |key: &str| check[key].as_str().unwrap().to_owned();
    (part("status"), part("text"))
}

fn report(root: &Root, kernel: &FakeKernel) -> (Exit, Value) {
    let outcome = nfacct(&["doctor", "--json"]).root(root.path()).on(kernel);
    (outcome.exit, serde_json::from_slice(&outcome.stdout).unwrap())
}

fn is(status: &str, text: &str) -> (String, String) {
    (status.to_owned(), text.to_owned())
}

#[test]
fn a_healthy_system() {
    let root = Root::new(
        "healthy",
        &[
            ADMIN,
            ("proc/net/ip_tables_matches", "icmp\nnfacct\nnfacct\nnfacct_not\n"),
            ("proc/net/ip6_tables_matches", "icmp6\n"),
            ("sys/module/nfnetlink_acct/srcversion", "ABC123\n"),
            ("sys/module/nfnetlink_acct/refcnt", "2\n"),
            ("sys/module/nfnetlink_acct/taint", "\n"),
        ],
    );
    let kernel = FakeKernel::new();
    kernel.nft_compat(&[0, 1]);
    nfacct(&["add", "a", "packet", "1"]).on(&kernel);
    nfacct(&["add", "b"]).on(&kernel);
    kernel.packet("a", 1);
    kernel.rule("a", true);
    let (exit, report) = report(&root, &kernel);
    assert_eq!(
        (exit, &report["healthy"], &report["schema"]),
        (Exit::Success, &true.into(), &"nfacct/1".into())
    );
    assert_eq!(check(&report, "capability"), is("ok", "CAP_NET_ADMIN is there"));
    assert_eq!(check(&report, "subsystem"), is("ok", "nfnetlink_acct answers"));
    assert_eq!(check(&report, "implementation"), is("info", "the Rust module"));
    assert_eq!(
        check(&report, "objects"),
        is("info", "2 objects, 1 used by rules, 1 over their quota")
    );
    assert_eq!(check(&report, "nft-ipv4"), is("ok", "match revisions 0 and 1"));
    assert_eq!(check(&report, "legacy-ipv4"), is("ok", "2 match revisions"));
    assert_eq!(check(&report, "legacy-ipv6").0, "warn");
    assert_eq!(
        check(&report, "module-nfnetlink_acct"),
        is("info", "loaded, source ABC123, used 2")
    );
    assert_eq!(check(&report, "module-xt_nfacct"), is("info", "built into the kernel"));
    assert_eq!(check(&report, "match").0, "ok");
    assert_eq!(kernel.objects().len(), 2, "nothing was changed");
}

#[test]
fn the_c_module_is_told_from_ours() {
    let kernel = FakeKernel::new();
    kernel.terse();
    let (_, report) = report(&Root::new("terse", &[ADMIN]), &kernel);
    assert_eq!(check(&report, "implementation").1, "the C module");
}

#[test]
fn no_permission() {
    let kernel = FakeKernel::new();
    kernel.refuse(Some(1));
    let (exit, report) = report(&Root::new("nobody", &[NOBODY]), &kernel);
    assert_eq!((exit, &report["healthy"]), (Exit::Failure, &false.into()));
    assert_eq!(check(&report, "capability").0, "fail");
    assert_eq!(check(&report, "subsystem").0, "fail");
    assert_eq!(check(&report, "match").0, "warn");
    assert_eq!(check(&report, "module-nfnetlink_acct"), is("info", "not loaded"));
}

#[test]
fn no_subsystem() {
    let kernel = FakeKernel::new();
    kernel.refuse(Some(22));
    let outcome = nfacct(&["doctor"]).root(Root::new("none", &[ADMIN]).path()).on(&kernel);
    assert_eq!(outcome.exit, Exit::Failure);
    assert!(outcome.stdout().contains("FAIL  subsystem"), "{}", outcome.stdout());
    assert!(
        outcome.stdout().contains("-> run \"modprobe nfnetlink_acct\""),
        "{}",
        outcome.stdout()
    );
    assert_eq!(outcome.stderr(), "nfacct: 2 checks failed\n");
}

#[test]
fn only_one_revision_or_none() {
    let root = Root::new("revisions", &[ADMIN]);
    let kernel = FakeKernel::new();
    kernel.nft_compat(&[1]);
    let (exit, found) = report(&root, &kernel);
    assert_eq!(
        (exit, check(&found, "nft-ipv6")),
        (Exit::Success, is("ok", "only match revision 1"))
    );
    kernel.nft_compat(&[]);
    let (exit, found) = report(&root, &kernel);
    assert_eq!(
        (exit, check(&found, "nft-ipv6")),
        (Exit::Failure, is("warn", "no match nfacct"))
    );
}
