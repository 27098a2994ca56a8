// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replays commands that were recorded with nfacct 1.0.2 on Linux 7.2 and compares every byte that comes out.
//!
//! Where we differ on purpose, `golden/differences.jsonl` holds our result (without `stdout` where another test looks
//! at it; without anything where only the table differs) and the heading in DIFFERENCES.md that gives the reason. A
//! difference that is not listed fails the test, and so does a listed one that is gone.
//!
//! In the virtual machine the same commands run live, side by side with the C tool, which looks at the tables too.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::collections::BTreeMap;

use common::{Outcome, argv};
use fake_kernel::FakeKernel;
use nfacct::Exit;
use serde_json::{Value, json};

const RECORDED: &str = include_str!("golden/nfacct-1.0.2.jsonl");
const DIFFERENCES: &str = include_str!("golden/differences.jsonl");
const README: &str = include_str!("../../README.md");
const REASONS: &str = include_str!("../../DIFFERENCES.md");

/// Strings in the files stand for bytes, one character each.
fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default();
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn words(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().unwrap().iter().map(bytes).collect()
}

/// Brings the kernel into the state that a record needs.
fn prepare(kernel: &FakeKernel, step: &Value) {
    let name = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(args) = step.get("nfacct") {
        argv(words(args)).on(kernel); // may be refused: some names are recorded only to show that
    } else if let Some(object) = step.get("used") {
        kernel.rule(&name(object), true);
    } else if let Some(object) = step.get("unused") {
        kernel.rule(&name(object), false);
    } else if let Some(errno) = step.get("refuse") {
        kernel.refuse(Some(i32::try_from(errno.as_i64().unwrap()).unwrap()));
    } else {
        let packets = step["packets"].as_array().unwrap();
        for _ in 0..packets[1].as_u64().unwrap() {
            kernel.packet(name(&packets[0]), packets[2].as_u64().unwrap());
        }
    }
}

/// The result in the form of the files, without the time.
fn result(outcome: &Outcome) -> Value {
    let mut stdout = text(&outcome.stdout);
    if let Some(at) = stdout.find("\"timestamp\" : ") {
        let start = at + "\"timestamp\" : ".len();
        let len = stdout[start..].find(',').unwrap();
        stdout.replace_range(start..start + len, "T");
    }
    json!({ "stdout": stdout, "stderr": text(&outcome.stderr), "exit": outcome.exit as u8 })
}

fn recorded(record: &Value) -> Value {
    let part = |key| record.get(key).cloned().unwrap_or(json!(""));
    json!({ "stdout": part("stdout"), "stderr": part("stderr"), "exit": record["exit"] })
}

/// Does our result have all parts of the listed one?
fn matches(ours: &Value, listed: &Value) -> bool {
    let part = |key| listed.get(key).is_none_or(|part| *part == ours[key]);
    part("stdout") && part("stderr") && part("exit")
}

/// Is the difference one that only shows in the table that is left?
fn only_table(listed: &Value) -> bool {
    listed.get("exit").is_none()
}

fn lines(file: &str) -> Vec<Value> {
    file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_recorded_command_behaves_as_in_nfacct_1_0_2() {
    let mut differences: BTreeMap<u64, Value> = lines(DIFFERENCES)
        .into_iter()
        .map(|line| (line["n"].as_u64().unwrap(), line))
        .collect();
    let records = lines(RECORDED);
    let (total, listed) = (records.len(), differences.len());
    let mut kernel = FakeKernel::new();
    let mut scenario = Value::Null;
    let mut wrong = Vec::new();
    for record in records {
        if record["scenario"] != scenario {
            scenario = record["scenario"].clone();
            kernel = FakeKernel::new();
        }
        for step in record.get("before").and_then(Value::as_array).into_iter().flatten() {
            prepare(&kernel, step);
        }
        let unprivileged = record.get("privileged") == Some(&json!(false));
        if unprivileged {
            kernel.refuse(Some(1));
        }
        let run = argv(words(&record["argv"])).stdin(bytes(&record["stdin"]));
        let ours = result(&run.on(&kernel));
        if unprivileged {
            kernel.refuse(None);
        }
        let n = record["n"].as_u64().unwrap();
        match differences.remove(&n) {
            None if ours == recorded(&record) => {}
            Some(listed) if matches(&ours, &listed) && (ours == recorded(&record)) == only_table(&listed) => {
                let heading = format!("## {}\n", listed["why"].as_str().unwrap());
                assert!(
                    REASONS.contains(&heading),
                    "{n}: no reason in DIFFERENCES.md: {heading}"
                );
            }
            _ => wrong.push(format!("{n} {}: {} became\n{ours}", record["argv"], recorded(&record))),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(differences.is_empty(), "listed, but not recorded: {differences:?}");
    let score = format!(
        "{total} commands, {} identical, {listed} listed differences",
        total - listed
    );
    assert!(README.contains(&score), "README.md does not say: {score}");
}

#[test]
fn outcomes_are_compared_for_real() {
    let outcome = Outcome {
        stdout: b"{ \"timestamp\" : 12, \xff".to_vec(),
        stderr: Vec::new(),
        exit: Exit::Failure,
    };
    assert_eq!(
        result(&outcome),
        json!({ "stdout": "{ \"timestamp\" : T, \u{ff}", "stderr": "", "exit": 1 })
    );
}
