// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names in the outputs: parsers of JSON and XML read every document, and find the name in it.

#![no_main]

#[path = "../../nfacct/tests/common/mod.rs"]
mod common;

use common::{argv, nfacct};
use fake_kernel::FakeKernel;
use libfuzzer_sys::fuzz_target;
use nfacct::Exit;
use roxmltree::Document;
use serde_json::Value;

fn hex(name: &[u8]) -> String {
    name.iter().map(|byte| format!("{byte:02x}")).collect()
}

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
        Some(found) => assert_eq!(found, hex(name)),
        None => assert_eq!(object["name"].as_str().unwrap().as_bytes(), name),
    }

    let xml = nfacct(&["list", "xml"]).on(&kernel);
    let document = Document::parse(xml.stdout()).unwrap();
    let element = document.descendants().find(|node| node.has_tag_name("name")).unwrap();
    let text = element.text().unwrap_or_default();
    match element.attribute("encoding") {
        Some(_) => assert_eq!(text, hex(name)),
        None => assert_eq!(text.as_bytes(), name),
    }

    // Nothing that a terminal could take for a command.
    let text = nfacct(&["list"]).terminal().on(&kernel);
    assert!(!text.stdout().trim_end_matches('\n').contains(char::is_control));

    let metrics = nfacct(&["export", "--openmetrics"]).on(&kernel);
    assert!(metrics.stdout().ends_with("# EOF\n"));
});
