// SPDX-License-Identifier: MIT OR Apache-2.0
//! `save` and the modern `restore`: what was saved comes back, all of it or nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

#[path = "../src/arbitrary.rs"]
mod arbitrary;
mod common;

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use common::nfacct;
use fake_kernel::{FakeKernel, Object};
use nfacct::Exit;
use nfacct_netlink::{Client, Name, NewObject, QuotaKind};
use proptest::{collection::vec, option, prelude::*};

fn kernel(objects: &[NewObject]) -> FakeKernel {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    client.create_all(objects, |_, error| panic!("{error}")).unwrap();
    kernel
}

fn object(name: &str) -> NewObject {
    NewObject::new(Name::new(name).unwrap())
}

fn two() -> FakeKernel {
    kernel(&[
        object("plain").counters(1, 2),
        object("limited").counters(3, 4).quota(QuotaKind::Bytes, 500),
    ])
}

const SAVED: &str = "\
# nfacct save 1
add \"plain\" packets=1 bytes=2
add \"limited\" packets=3 bytes=4 bytes-quota=500
end 2
";

#[test]
fn the_format() {
    assert_eq!(nfacct(&["save"]).on(&two()).stdout(), SAVED);
    assert_eq!(
        nfacct(&["save", "none-*"]).on(&two()).stdout(),
        "# nfacct save 1\nend 0\n"
    );
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn everything_comes_back(objects in vec(
        (vec(1u8.., 1..32), any::<u64>(), any::<u64>(), option::of((any::<bool>(), any::<u64>()))), 0..40,
    )) {
        let mut names = HashSet::new();
        let objects: Vec<NewObject> = objects
            .into_iter()
            .filter(|(name, ..)| names.insert(name.clone()))
            .map(|(name, packets, bytes, quota)| {
                let object = NewObject::new(Name::new(name).unwrap()).counters(packets, bytes);
                match quota {
                    Some((true, limit)) => object.quota(QuotaKind::Packets, limit),
                    Some((false, limit)) => object.quota(QuotaKind::Bytes, limit),
                    None => object,
                }
            })
            .collect();
        let before = kernel(&objects);
        let saved = nfacct(&["save"]).on(&before);
        let after = FakeKernel::new();
        let outcome = nfacct(&["restore", "--exist", "fail"]).stdin(saved.stdout).on(&after);
        prop_assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
        prop_assert_eq!(after.objects(), before.objects());
    }
}

#[test]
fn the_output_of_list_is_fine_too() {
    let listed = nfacct(&["list"]).on(&two());
    let after = FakeKernel::new();
    assert_eq!(
        nfacct(&["restore", "--exist=fail"])
            .stdin(listed.stdout)
            .on(&after)
            .exit,
        Exit::Success
    );
    assert_eq!(after.objects(), two().objects());
}

#[test]
fn the_old_restore_recognises_the_format() {
    let after = FakeKernel::new();
    assert_eq!(nfacct(&["restore"]).stdin(SAVED).on(&after).exit, Exit::Success);
    assert_eq!(after.objects(), two().objects());
    let outcome = nfacct(&["r"]).stdin(SAVED).on(&after);
    assert_eq!(outcome.exit, Exit::Failure);
    assert!(
        outcome.stderr().contains("line 2 plain exists already"),
        "{}",
        outcome.stderr()
    );
}

#[test]
fn nothing_changes_if_any_line_is_wrong() {
    let kernel = FakeKernel::new();
    let input = "add \"a\" packets=1 bytes=2\nbogus\n\n{ pkts = 1 } = b;\n# fine\nadd \"a\" packets=1 bytes=2\n";
    let outcome = nfacct(&["restore", "--check"]).stdin(input).on(&kernel);
    assert_eq!(outcome.exit, Exit::Failure);
    assert_eq!(
        outcome.stderr(),
        "nfacct: line 2 is neither 'add \"NAME\"...' nor 'end NUMBER'\n\
         nfacct: line 4 is not a line of the output of 'list'\n\
         nfacct: line 6 has the same name as line 1\n"
    );
    assert_eq!(
        nfacct(&["restore", "--exist=ignore"]).stdin(input).on(&kernel).exit,
        Exit::Failure
    );
    assert_eq!(kernel.objects(), []);
}

#[test]
fn a_cut_file_is_noticed() {
    for input in [
        &SAVED[..SAVED.len() - 6],
        "# nfacct save 1\n",
        "# nfacct save 1\nadd \"a\" packets=1 bytes=2\nend 2\n",
        "# nfacct save 1\nend 0\nadd \"a\" packets=1 bytes=2\n",
    ] {
        let kernel = FakeKernel::new();
        let outcome = nfacct(&["restore", "--exist=fail"]).stdin(input).on(&kernel);
        assert_eq!(outcome.exit, Exit::Failure, "{input}");
        assert_eq!(kernel.objects(), [], "{input}");
    }
}

fn counters(kernel: &FakeKernel) -> Vec<(String, u64, u64)> {
    let row = |o: &Object| (String::from_utf8(o.name.clone()).unwrap(), o.packets, o.bytes);
    let mut rows: Vec<_> = kernel.objects().iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn objects_that_exist() {
    let start = || kernel(&[object("plain").counters(100, 200), object("other")]);
    let after = |policy: &str| {
        let kernel = start();
        let outcome = nfacct(&["restore", "--exist", policy]).stdin(SAVED).on(&kernel);
        (outcome.exit, counters(&kernel))
    };
    let row = |name: &str, packets, bytes| (name.to_owned(), packets, bytes);
    let (other, limited) = (row("other", 0, 0), row("limited", 3, 4));
    assert_eq!(after("fail"), (Exit::Failure, counters(&start())));
    assert_eq!(
        after("ignore"),
        (
            Exit::Success,
            vec![limited.clone(), other.clone(), row("plain", 100, 200)]
        )
    );
    assert_eq!(
        after("replace"),
        (Exit::Success, vec![limited.clone(), other.clone(), row("plain", 1, 2)])
    );
    assert_eq!(
        after("add"),
        (Exit::Success, vec![limited, other, row("plain", 101, 202)])
    );
}

#[test]
fn an_object_that_cannot_be_replaced_comes_back() {
    for policy in ["replace", "add"] {
        let kernel = kernel(&[object("plain").counters(100, 200), object("limited")]);
        let before = counters(&kernel);
        kernel.no_memory("plain", 1);
        let outcome = nfacct(&["restore", "--exist", policy]).stdin(SAVED).on(&kernel);
        assert_eq!(outcome.exit, Exit::Failure);
        let plain = |rows: Vec<(String, u64, u64)>| rows.into_iter().find(|row| row.0 == "plain");
        assert_eq!(plain(counters(&kernel)), plain(before), "{policy}");
        assert!(!outcome.stderr().contains("again"), "{}", outcome.stderr());

        kernel.no_memory("plain", 2);
        let outcome = nfacct(&["restore", "--exist", policy]).stdin(SAVED).on(&kernel);
        assert!(
            outcome.stderr().contains("cannot create plain again")
                && outcome.stderr().contains("packets: 100, bytes: 200"),
            "{}",
            outcome.stderr()
        );
    }
}

#[test]
fn a_signal_waits_until_all_is_replaced() {
    let restore = |kernel: &FakeKernel| {
        nfacct(&["restore", "--exist=replace"])
            .stdin(SAVED)
            .interrupted()
            .on(kernel)
    };
    let kernel = kernel(&[object("plain").counters(100, 200)]);
    let outcome = restore(&kernel);
    assert_eq!(outcome.exit, Exit::Interrupted);
    assert_eq!(counters(&kernel), counters(&two()));
    assert_eq!(restore(&FakeKernel::new()).exit, Exit::Success);
}

#[test]
fn objects_in_use_cannot_be_replaced_and_nothing_is_changed() {
    let kernel = two();
    kernel.rule("limited", true);
    let before = kernel.objects();
    for policy in ["fail", "replace", "add"] {
        let outcome = nfacct(&["restore", "--exist", policy]).stdin(SAVED).on(&kernel);
        assert_eq!(outcome.exit, Exit::Failure, "{policy}");
        assert!(
            outcome.stderr().contains("line 3 limited exists already"),
            "{}",
            outcome.stderr()
        );
        assert_eq!(kernel.objects(), before, "{policy}");
    }
    assert_eq!(
        nfacct(&["restore", "--exist=ignore"]).stdin(SAVED).on(&kernel).exit,
        Exit::Success
    );
}

#[test]
fn checking_changes_nothing() {
    let kernel = FakeKernel::new();
    assert_eq!(
        nfacct(&["restore", "--check"]).stdin(SAVED).on(&kernel).exit,
        Exit::Success
    );
    assert_eq!(kernel.objects(), []);
    assert_eq!(
        nfacct(&["restore", "--check"]).stdin(SAVED).on(&two()).exit,
        Exit::Failure
    );
}

#[test]
fn many_objects_with_progress() {
    let objects: Vec<_> = (0..2500).map(|n| object(&format!("o{n}")).counters(n, n)).collect();
    let saved = nfacct(&["save"]).on(&kernel(&objects));
    let after = FakeKernel::new();
    let outcome = nfacct(&["restore", "--exist=fail"])
        .stdin(saved.stdout.clone())
        .terminal()
        .on(&after);
    assert_eq!(outcome.exit, Exit::Success);
    assert!(outcome.stderr().contains("\r2000 of 2500 objects restored"));
    assert_eq!(after.objects().len(), 2500);
    let quiet = nfacct(&["restore", "--exist=ignore"]).stdin(saved.stdout).on(&after);
    assert_eq!((quiet.exit, quiet.stderr()), (Exit::Success, ""));
}

#[test]
fn files_are_replaced_in_one_step() {
    let directory = std::env::temp_dir().join(format!("nfacct-save-test-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let path = directory.join("saved");
    let file = path.to_str().unwrap();
    fs::write(&path, "old").unwrap();
    assert_eq!(nfacct(&["save", "--file", file]).on(&two()).exit, Exit::Success);
    assert_eq!(fs::read_to_string(&path).unwrap(), SAVED);
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        1,
        "no temporary file is left"
    );

    let after = FakeKernel::new();
    assert_eq!(nfacct(&["restore", "--file", file]).on(&after).exit, Exit::Success);
    assert_eq!(after.objects(), two().objects());

    let missing = directory.join("no/such/file");
    let outcome = nfacct(&["save", "-f", missing.to_str().unwrap()]).on(&two());
    assert_eq!(outcome.exit, Exit::Failure);
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn files_that_are_no_regular_files() {
    let directory = std::env::temp_dir().join(format!("nfacct-links-test-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let save = |file: &Path| nfacct(&["save", "--file", file.to_str().unwrap()]).on(&two()).exit;

    // The file behind links is replaced and keeps its mode; the links stay.
    let (file, link, dangling) = (
        directory.join("file"),
        directory.join("link"),
        directory.join("dangling"),
    );
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
    symlink("file", &link).unwrap();
    symlink("new", &dangling).unwrap();
    assert_eq!((save(&link), save(&dangling)), (Exit::Success, Exit::Success));
    for (path, mode) in [(&file, 0o604), (&directory.join("new"), 0o640)] {
        assert_eq!(fs::read_to_string(path).unwrap(), SAVED);
        assert_eq!(fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
    assert!(link.is_symlink() && dangling.is_symlink());
    let circle = directory.join("circle");
    symlink("circle", &circle).unwrap();
    assert_eq!(save(&circle), Exit::Failure);
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        5,
        "no temporary file is left"
    );

    // Devices stay devices.
    assert_eq!(save(Path::new("/dev/null")), Exit::Success);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    assert_eq!(save(Path::new("/dev/full")), Exit::Failure);
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_changing_table_is_saved_as_a_whole() {
    let kernel = two();
    kernel.interrupt_dump();
    assert_eq!(nfacct(&["save"]).on(&kernel).stdout(), SAVED);
    kernel.interrupt_dump();
    let sorted = nfacct(&["list", "--sort=name"]).on(&kernel);
    assert_eq!((sorted.exit, sorted.stdout().lines().count()), (Exit::Success, 2));
}
