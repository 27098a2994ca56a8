// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modern command line: JSON, tables, patterns, namespaces, exit codes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

#[path = "../src/arbitrary.rs"]
mod arbitrary;
mod common;

use std::io::ErrorKind;

use common::{argv, nfacct};
use fake_kernel::FakeKernel;
use nfacct::Exit;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

/// Three web objects, one of them over its quota, and something else.
fn kernel() -> FakeKernel {
    let kernel = FakeKernel::new();
    for args in [
        &["add", "http-in"][..],
        &["add", "http-out", "--quota", "bytes=2KiB"],
        &["add", "ssh"],
        &["add", "http-lim", "packet", "2"],
    ] {
        assert_eq!(nfacct(args).on(&kernel).exit, Exit::Success, "{args:?}");
    }
    for (name, packets) in [("http-in", 4), ("http-out", 1), ("ssh", 2), ("http-lim", 3)] {
        for _ in 0..packets {
            kernel.packet(name, 1000);
        }
    }
    kernel.rule("ssh", true);
    kernel
}

fn names(kernel: &FakeKernel) -> Vec<String> {
    let name = |object: &fake_kernel::Object| String::from_utf8(object.name.clone()).unwrap();
    kernel.objects().iter().map(name).collect()
}

fn packets(kernel: &FakeKernel) -> Vec<u64> {
    kernel.objects().iter().map(|object| object.packets).collect()
}

fn json_of(args: &[&str], kernel: &FakeKernel) -> Value {
    let outcome = nfacct(args).on(kernel);
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""), "{args:?}");
    let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(document["schema"], "nfacct/1");
    document["objects"].clone()
}

#[test]
fn json_of_a_list() {
    assert_eq!(
        json_of(&["list", "--json"], &kernel()),
        json!([
            { "name": "http-in", "packets": 4, "bytes": 4000, "rules": 0 },
            { "name": "http-out", "packets": 1, "bytes": 1000, "rules": 0,
              "quota": { "kind": "bytes", "limit": 2048, "exceeded": false } },
            { "name": "ssh", "packets": 2, "bytes": 2000, "rules": 1 },
            { "name": "http-lim", "packets": 3, "bytes": 3000, "rules": 0,
              "quota": { "kind": "packets", "limit": 2, "exceeded": true } },
        ])
    );
    assert_eq!(json_of(&["list", "--json"], &FakeKernel::new()), json!([]));
    assert_eq!(json_of(&["-j", "g", "ssh"], &kernel())[0]["rules"], 1);
    assert_eq!(
        json_of(&["list", "overquota", "--json"], &kernel())[0]["name"],
        "http-lim"
    );
}

#[test]
fn json_keeps_every_byte_of_a_name() {
    let kernel = FakeKernel::new();
    let odd = b"\x1b\"\\\n\xff\xc3".to_vec();
    let add = [b"nfacct".to_vec(), b"add".to_vec(), odd.clone()];
    assert_eq!(argv(add).on(&kernel).exit, Exit::Success);
    let object = &json_of(&["list", "--json"], &kernel)[0];
    assert_eq!(object["name"], "\u{1b}\"\\\n\u{fffd}\u{fffd}");
    assert_eq!(object["name_hex"], "1b225c0affc3");
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn xml_gives_any_name_back(name in vec(1u8.., 1..32)) {
        let kernel = FakeKernel::new();
        argv([b"nfacct".to_vec(), b"add".to_vec(), name.clone()]).on(&kernel);
        let outcome = nfacct(&["list", "xml"]).on(&kernel);
        let document = roxmltree::Document::parse(outcome.stdout()).unwrap();
        let element = document.descendants().find(|node| node.has_tag_name("name")).unwrap();
        let text = element.text().unwrap_or_default();
        if element.attribute("encoding") == Some("hex") {
            let hex: Vec<String> = name.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(text, hex.concat());
        } else {
            prop_assert_eq!(text.as_bytes(), &name[..]);
        }
    }

    #[test]
    fn the_old_json_gives_any_text_back(name in "[^\\x00]{1,7}") {
        let kernel = FakeKernel::new();
        nfacct(&["add", &name, "byte", "9"]).on(&kernel);
        let outcome = nfacct(&["list", "json"]).on(&kernel);
        let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
        prop_assert_eq!(document["nfacct_counters"][0]["name"].as_str(), Some(name.as_str()));
    }

    #[test]
    fn json_gives_any_name_back(name in vec(1u8.., 1..32)) {
        let kernel = FakeKernel::new();
        argv([b"nfacct".to_vec(), b"add".to_vec(), name.clone()]).on(&kernel);
        let object = &json_of(&["list", "--json"], &kernel)[0];
        let hex: Vec<String> = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        if std::str::from_utf8(&name).is_ok() {
            prop_assert_eq!(object["name"].as_str().unwrap().as_bytes(), &name[..]);
            prop_assert!(object.get("name_hex").is_none());
        } else {
            prop_assert_eq!(object["name_hex"].as_str(), Some(hex.as_str()));
        }
    }
}

#[test]
fn the_version_for_machines() {
    let outcome = nfacct(&["-j", "version"]).on(&FakeKernel::new());
    let version: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(
        (&version["schema"], &version["compatible"]),
        (&"nfacct/1".into(), &"1.0.2".into())
    );
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn wrong_arguments_are_json_too() {
    for args in [&["-j", "list", "--bogus"][..], &["watch", "--json", "--interval=x"]] {
        let outcome = nfacct(args).on(&FakeKernel::new());
        let error: Value = serde_json::from_slice(&outcome.stderr).unwrap();
        assert_eq!((outcome.exit, &error["error"]["exit"]), (Exit::Usage, &2.into()));
    }
}

#[test]
fn errors_are_json_too() {
    let outcome = nfacct(&["get", "nosuch", "--json"]).on(&kernel());
    assert_eq!((outcome.exit, outcome.stdout()), (Exit::NotFound, ""));
    let document: Value = serde_json::from_slice(&outcome.stderr).unwrap();
    assert_eq!(document["error"]["exit"], 3);
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("nosuch: No such file or directory")
    );
}

#[test]
fn patterns_choose_what_is_listed() {
    let shown = |args: &[&str]| -> Vec<Value> {
        let objects = json_of(args, &kernel());
        objects
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["name"].clone())
            .collect()
    };
    assert_eq!(
        shown(&["list", "http-*", "--json"]),
        ["http-in", "http-out", "http-lim"]
    );
    assert_eq!(shown(&["list", "*-in", "s[rs]h", "--json"]), ["http-in", "ssh"]);
    assert_eq!(shown(&["list", "--json", "--only", "bytes-quota"]), ["http-out"]);
    assert_eq!(shown(&["list", "--json", "ssh"]), ["ssh"]);
    assert_eq!(shown(&["list", "--json", "--match", "reset"]), Vec::<Value>::new());
}

#[test]
fn sorting() {
    let by = |key: &[&str]| -> Vec<Value> {
        let args = [&["list", "--json", "--sort"][..], key].concat();
        let objects = json_of(&args, &kernel());
        objects
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["name"].clone())
            .collect()
    };
    assert_eq!(by(&["name"]), ["http-in", "http-lim", "http-out", "ssh"]);
    assert_eq!(by(&["name", "--reverse"])[0], "ssh");
    assert_eq!(by(&["packets"]), ["http-in", "http-lim", "ssh", "http-out"]);
    assert_eq!(by(&["bytes"])[0], "http-in");
    assert_eq!(by(&["used"])[..2], ["http-lim", "http-out"]);
    assert_eq!(by(&["rules"])[0], "ssh");
}

#[test]
fn tables() {
    let outcome = nfacct(&["list", "--human"]).on(&kernel());
    assert_eq!(
        outcome.stdout(),
        "NAME      PACKETS   BYTES      QUOTA    USED  RULES\n\
         http-in         4  3.9KiB          -       -      0\n\
         http-out        1   1000B     2.0KiB   48.8%      0\n\
         ssh             2  1.9KiB          -       -      1\n\
         http-lim        3  2.9KiB  2 packets  150.0%      0\n"
    );
    let outcome = nfacct(&["list", "--columns", "over,name", "http-[ol]*"]).on(&kernel());
    assert_eq!(outcome.stdout(), "OVER  NAME\n  no  http-out\n yes  http-lim\n");
    let outcome = nfacct(&["list", "--table"]).on(&FakeKernel::new());
    assert_eq!(outcome.stdout(), "NAME  PACKETS  BYTES  QUOTA  USED  RULES\n");
}

#[test]
fn a_reset_touches_only_what_matches() {
    for args in [
        &["reset", "http-*"][..],
        &["list", "--reset", "http-*"],
        &["list", "reset", "http-*"],
    ] {
        let kernel = kernel();
        let outcome = nfacct(args).on(&kernel);
        assert_eq!(outcome.exit, Exit::Success, "{args:?}");
        assert_eq!(outcome.stdout().lines().count(), 3, "{args:?}");
        assert!(
            outcome.stdout().contains("pkts = 00000000000000000004"),
            "shows what it was"
        );
        assert_eq!(packets(&kernel), [0, 0, 2, 0], "{args:?}");
    }
    let kernel = kernel();
    assert_eq!(nfacct(&["reset", "--all"]).on(&kernel).stdout().lines().count(), 4);
    assert_eq!(packets(&kernel), [0; 4]);
    assert_eq!(nfacct(&["reset", "--json"]).on(&kernel).exit, Exit::Usage);
}

#[test]
fn a_table_of_reset_counters_is_not_lost() {
    let outcome = nfacct(&["reset", "--all", "--table"])
        .room(0, ErrorKind::StorageFull)
        .on(&kernel());
    assert_eq!(outcome.exit, Exit::Lost);
    assert!(outcome.stderr().contains("4 objects were reset"));
    assert!(
        outcome.stderr().contains("\nhttp-in         4   4000"),
        "{}",
        outcome.stderr()
    );
}

#[test]
fn deleting_by_pattern() {
    let kernel = kernel();
    assert_eq!(nfacct(&["delete", "--match", "http-*"]).on(&kernel).exit, Exit::Success);
    assert_eq!(names(&kernel), ["ssh"]);
    assert_eq!(nfacct(&["delete", "--match", "http-*"]).on(&kernel).exit, Exit::Success);

    let outcome = nfacct(&["delete", "--match", "*"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Busy);
    assert!(
        outcome.stderr().starts_with("nfacct: ssh: Device or resource busy"),
        "{}",
        outcome.stderr()
    );
    assert_eq!(nfacct(&["delete", "x", "y", "--exist"]).on(&kernel).exit, Exit::Success);
    assert_eq!(nfacct(&["delete", "x", "--json"]).on(&kernel).exit, Exit::NotFound);
}

#[test]
fn deleting_goes_on_after_a_failure() {
    let kernel = kernel();
    let outcome = nfacct(&["delete", "ssh", "http-in", "none", "--match", "x"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Busy, "the first failure decides");
    let names: Vec<_> = outcome
        .stderr()
        .lines()
        .map(|line| line.split(": ").nth(1).unwrap())
        .collect();
    assert_eq!(names, ["ssh", "none"]);
    assert_eq!(self::names(&kernel), ["http-out", "ssh", "http-lim"]);
}

#[test]
fn adding() {
    let kernel = FakeKernel::new();
    let args = [
        "add",
        "a",
        "b",
        "--quota",
        "bytes=10GiB",
        "--packets",
        "1k",
        "--bytes",
        "2M",
    ];
    assert_eq!(nfacct(&args).on(&kernel).exit, Exit::Success);
    let b = &kernel.objects()[1];
    assert_eq!((b.packets, b.bytes, b.quota), (1000, 2_000_000, Some((2, 10 << 30))));

    assert_eq!(nfacct(&["add", "a", "--packets", "1"]).on(&kernel).exit, Exit::Busy);
    assert_eq!(nfacct(&["add", "a", "--exist"]).on(&kernel).exit, Exit::Success);
    assert_eq!(
        nfacct(&["add", "a", "c", "--exist", "--quota", "bytes=10GiB"])
            .on(&kernel)
            .exit,
        Exit::Success
    );
    let outcome = nfacct(&["add", "a", "--exist", "--quota", "packets=1"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Busy);
    assert_eq!(outcome.stderr(), "nfacct: a: exists with another quota, or none\n");
    assert_eq!(kernel.objects()[0].packets, 1000, "an existing object stays as it is");
}

#[test]
fn names_are_not_cut_on_the_modern_command_line() {
    let kernel = FakeKernel::new();
    let long = "n".repeat(32);
    let outcome = nfacct(&["add", &long, "--exist"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Usage);
    assert!(outcome.stderr().contains("at most 31"), "{}", outcome.stderr());
    assert_eq!(kernel.objects(), []);
}

#[test]
fn another_namespace() {
    let (home, blue) = (kernel(), FakeKernel::new());
    for args in [
        &["--netns", "blue", "a", "x"][..],
        &["--netns=blue", "add", "y", "--exist"],
    ] {
        assert_eq!(nfacct(args).blue(&blue).on(&home).exit, Exit::Success, "{args:?}");
    }
    assert_eq!(names(&blue), ["x", "y"]);
    let outcome = nfacct(&["list", "--columns=name", "--netns", "blue"])
        .blue(&blue)
        .on(&home);
    assert_eq!(outcome.stdout(), "NAME\nx\ny\n");
    let outcome = nfacct(&["-n", "red", "list", "--json"]).on(&home);
    assert_eq!(outcome.exit, Exit::Usage);
    assert!(outcome.stderr().contains("network namespace"), "{}", outcome.stderr());
}

#[test]
fn exit_codes_and_hints() {
    let kernel = kernel();
    kernel.refuse(Some(1));
    let outcome = nfacct(&["list", "--table"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Permission);
    assert!(outcome.stderr().contains("hint: "), "{}", outcome.stderr());
    kernel.refuse(Some(22));
    let outcome = nfacct(&["list", "--table"]).on(&kernel);
    assert_eq!(outcome.exit, Exit::Failure);
    assert!(outcome.stderr().contains("nfacct doctor"), "{}", outcome.stderr());
    kernel.refuse(None);
    kernel.interrupt_dump();
    assert_eq!(nfacct(&["list", "--json"]).on(&kernel).exit, Exit::Incomplete);
    assert_eq!(nfacct(&["list", "--bogus"]).on(&kernel).exit, Exit::Usage);
    assert_eq!(
        nfacct(&["list", "--only", "counters", "overquota"]).on(&kernel).exit,
        Exit::Usage
    );
    assert_eq!(nfacct(&["flush", "--json"]).on(&kernel).exit, Exit::Success);
    assert_eq!(names(&kernel), ["ssh"]);
}

#[test]
fn help() {
    let kernel = FakeKernel::new();
    for command in ["get", "add", "restore", "watch"] {
        let outcome = nfacct(&["--help", command]).on(&kernel);
        assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""), "{command}");
        assert!(
            outcome.stdout().contains(&format!("Usage: nfacct {command}")),
            "{}",
            outcome.stdout()
        );
    }
    assert_eq!(nfacct(&["-h", "bogus"]).on(&kernel).exit, Exit::Usage);
    assert_eq!(kernel.objects(), []);
}
