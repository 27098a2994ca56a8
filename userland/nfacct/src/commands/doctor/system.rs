// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `/proc` and `/sys` say. The files lie below a root that tests choose.

use std::{fs, path::Path};

use super::{Check, Status};

/// Number of `CAP_NET_ADMIN`.
const CAP_NET_ADMIN: u32 = 12;

/// May this process ask the kernel at all?
pub(super) fn capability(root: &Path) -> Check {
    const ID: &str = "capability";
    let status = fs::read_to_string(root.join("proc/self/status")).unwrap_or_default();
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|value| u64::from_str_radix(value.trim(), 16).ok());
    match effective {
        None => Check::new(ID, Status::Warn, "/proc/self/status does not tell the capabilities"),
        Some(set) if set & (1 << CAP_NET_ADMIN) != 0 => Check::new(ID, Status::Ok, "CAP_NET_ADMIN is there"),
        Some(_) => Check::new(ID, Status::Fail, "CAP_NET_ADMIN is missing")
            .advice("run it as root, or give the program CAP_NET_ADMIN"),
    }
}

/// A module, if there is one; `works` tells whether its work is done.
pub(super) fn module(root: &Path, id: &'static str, name: &str, works: bool) -> Check {
    let directory = root.join("sys/module").join(name);
    if !directory.exists() {
        let text = if works { "built into the kernel" } else { "not loaded" };
        return Check::new(id, Status::Info, text);
    }
    let read = |file: &str| {
        let text = fs::read_to_string(directory.join(file)).unwrap_or_default();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut text = "loaded".to_owned();
    for (file, title) in [
        ("version", "version"),
        ("srcversion", "source"),
        ("refcnt", "used"),
        ("taint", "taint"),
    ] {
        if let Some(value) = read(file) {
            text = format!("{text}, {title} {value}");
        }
    }
    Check::new(id, Status::Info, text)
}

/// Is the match registered with the legacy tables of this network namespace?
pub(super) fn legacy_tables(root: &Path) -> Vec<Check> {
    let tables = [
        ("legacy-ipv4", "proc/net/ip_tables_matches"),
        ("legacy-ipv6", "proc/net/ip6_tables_matches"),
    ];
    tables.map(|(id, file)| legacy(root, id, file)).into()
}

fn legacy(root: &Path, id: &'static str, file: &str) -> Check {
    let Ok(matches) = fs::read_to_string(root.join(file)) else {
        return Check::new(id, Status::Info, "the legacy tables are not loaded");
    };
    // Every revision has a line of its own.
    match matches.lines().filter(|line| *line == "nfacct").count() {
        0 => Check::new(
            id,
            Status::Warn,
            "no match nfacct; it is loaded with the first rule that uses it",
        )
        .advice("run \"modprobe xt_nfacct\" if rules are refused"),
        1 => Check::new(id, Status::Ok, "one match revision"),
        revisions => Check::new(id, Status::Ok, format!("{revisions} match revisions")),
    }
}
