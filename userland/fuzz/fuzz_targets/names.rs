// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names in the outputs: every document is well-formed, and the modern one gives the name back.

#![no_main]

#[path = "../../nfacct/tests/common/mod.rs"]
mod common;

use common::{argv, nfacct};
use fake_kernel::FakeKernel;
use libfuzzer_sys::fuzz_target;
use nfacct::Exit;
use serde_json::Value;

fuzz_target!(|name: &[u8]| {
    if name.is_empty() || name.len() > 31 || name.contains(&0) {
        return;
    }
    let kernel = FakeKernel::new();
    let add = [b"nfacct".to_vec(), b"add".to_vec(), name.to_vec()];
    assert_eq!(argv(add).on(&kernel).exit, Exit::Success);

    let legacy: Value = serde_json::from_slice(&nfacct(&["list", "json"]).on(&kernel).stdout).unwrap();
    assert!(legacy["nfacct_counters"][0]["name"].is_string());

    let modern: Value = serde_json::from_slice(&nfacct(&["list", "--json"]).on(&kernel).stdout).unwrap();
    let object = &modern["objects"][0];
    match object.get("name_hex").and_then(Value::as_str) {
        Some(hex) => assert_eq!(hex, name.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        None => assert_eq!(object["name"].as_str().unwrap().as_bytes(), name),
    }

    // No byte that a terminal or a parser of XML could take for something else.
    let text = nfacct(&["list"]).terminal().on(&kernel);
    assert!(!text.stdout().trim_end_matches('\n').contains(char::is_control));
    let xml = nfacct(&["list", "xml"]).on(&kernel);
    let element = xml
        .stdout()
        .split("<name")
        .nth(1)
        .unwrap()
        .split("</name>")
        .next()
        .unwrap();
    let content = element.split_once('>').unwrap().1;
    assert!(!content.contains(['<', '>']));
    let entity = |rest: &str| {
        ["amp;", "lt;", "gt;", "#13;"]
            .iter()
            .any(|known| rest.starts_with(known))
    };
    assert!(content.split('&').skip(1).all(entity));

    let metrics = nfacct(&["export", "--openmetrics"]).on(&kernel);
    assert!(metrics.stdout().ends_with("# EOF\n"));
});
