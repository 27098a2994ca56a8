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
    let add = [&b"nfacct"[..], b"add", name, b"packet", b"1"];
    assert_eq!(argv(add.map(<[u8]>::to_vec)).on(&kernel).exit, Exit::Success);

    let legacy: Value = serde_json::from_slice(&nfacct(&["list", "json"]).on(&kernel).stdout).unwrap();
    assert!(legacy["nfacct_counters"][0]["name"].is_string());

    kernel.packet(name, 84);
    for (args, place) in [
        (&["list", "--json"][..], "/objects/0"),
        (&["monitor", "--json", "--count", "1"], "/object"),
        (&["watch", "--json", "--once"], "/rates/0"),
    ] {
        let document: Value = serde_json::from_slice(&nfacct(args).on(&kernel).stdout).unwrap();
        let object = document.pointer(place).unwrap();
        match object.get("name_hex").and_then(Value::as_str) {
            Some(found) => assert_eq!(found, hex(name)),
            None => assert_eq!(object["name"].as_str().unwrap().as_bytes(), name),
        }
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
    assert_eq!(
        name_of(metrics.stdout().split("nfacct_packets_total{name=\"").nth(1).unwrap()),
        name
    );
    assert!(metrics.stdout().ends_with("# EOF\n"));
});

/// The name in a label, up to the quote that ends it. The format escapes with backslashes, and so does the value.
fn name_of(label: &str) -> Vec<u8> {
    let (mut value, mut name) = (String::new(), Vec::new());
    let mut characters = label.chars();
    loop {
        match characters.next().unwrap() {
            '"' => break,
            '\\' => value.push(match characters.next().unwrap() {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    let mut rest = value.as_str();
    while let Some(character) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("\\x") {
            name.push(u8::from_str_radix(&tail[..2], 16).unwrap());
            rest = &tail[2..];
        } else {
            let escaped = rest.strip_prefix('\\').unwrap_or(rest);
            let len = if escaped.len() < rest.len() {
                1
            } else {
                character.len_utf8()
            };
            name.extend(&escaped.as_bytes()[..len]);
            rest = &escaped[len..];
        }
    }
    name
}
