// SPDX-License-Identifier: GPL-2.0-only
//! The recorded commands and the list of deliberate differences.

use std::collections::BTreeMap;

use serde_json::Value;

const RECORDED: &str =
    include_str!("../../../../../userland/nfacct/tests/golden/nfacct-1.0.2.jsonl");
const DIFFERENCES: &str =
    include_str!("../../../../../userland/nfacct/tests/golden/differences.jsonl");
const REASONS: &str = include_str!("../../../../../userland/DIFFERENCES.md");

/// What a command wrote and how it ended. Every byte is one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub exit: i32,
}

/// Something that happens before a command.
pub enum Step {
    /// Run a command; it may fail.
    Command(Vec<Vec<u8>>),
    /// A rule begins or ceases to count into an object.
    Rule(String, bool),
    /// So many packets of this size pass the rule of an object.
    Packets(String, u64, usize),
    /// The kernel must not know the subsystem.
    NoSubsystem,
}

/// How our result differs on purpose.
pub struct Difference {
    /// What our program writes instead, if that differs.
    pub outcome: Option<Listed>,
    /// The table that is left differs.
    pub table: bool,
}

/// What our program writes, and how it ends; the text for people of a new command is left out.
pub struct Listed {
    stdout: Option<String>,
    stderr: String,
    exit: i32,
}

impl Listed {
    pub fn describes(&self, ours: &Outcome) -> bool {
        self.stdout.as_ref().is_none_or(|stdout| *stdout == ours.stdout)
            && self.stderr == ours.stderr
            && self.exit == ours.exit
    }
}

/// A recorded command.
pub struct Record {
    pub number: u64,
    pub scenario: String,
    pub before: Vec<Step>,
    pub argv: Vec<Vec<u8>>,
    pub stdin: Vec<u8>,
    pub privileged: bool,
    pub recorded: Outcome,
    pub difference: Option<Difference>,
}

/// Every character of the files stands for a byte.
fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default();
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn words(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().expect("words").iter().map(bytes).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn exit(value: &Value) -> i32 {
    i32::try_from(number(value)).expect("an exit code")
}

fn step(value: &Value) -> Step {
    if let Some(argv) = value.get("nfacct") {
        Step::Command(words(argv))
    } else if let Some(name) = value.get("used") {
        Step::Rule(text(name), true)
    } else if let Some(name) = value.get("unused") {
        Step::Rule(text(name), false)
    } else if let Some(packets) = value.get("packets") {
        let size = usize::try_from(number(&packets[2])).expect("a size");
        Step::Packets(text(&packets[0]), number(&packets[1]), size)
    } else {
        assert_eq!(value["refuse"], libc::EINVAL, "{value}");
        Step::NoSubsystem
    }
}

fn lines(file: &str) -> impl Iterator<Item = Value> + '_ {
    file.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

/// The listed differences by the numbers of their commands. Each has its reason in the documentation.
fn differences() -> BTreeMap<u64, Difference> {
    let difference = |value: Value| {
        let heading = format!("## {}\n", text(&value["why"]));
        assert!(REASONS.contains(&heading), "no reason in DIFFERENCES.md: {heading}");
        let difference = Difference {
            outcome: value.get("exit").map(|code| Listed {
                stdout: value.get("stdout").map(text),
                stderr: text(&value["stderr"]),
                exit: exit(code),
            }),
            table: value["table"] == "differs",
        };
        (number(&value["n"]), difference)
    };
    lines(DIFFERENCES).map(difference).collect()
}

/// All recorded commands in their order.
pub fn all() -> Vec<Record> {
    let mut differences = differences();
    let records = lines(RECORDED)
        .map(|value| Record {
            number: number(&value["n"]),
            scenario: text(&value["scenario"]),
            before: value["before"].as_array().into_iter().flatten().map(step).collect(),
            argv: words(&value["argv"]),
            stdin: bytes(&value["stdin"]),
            privileged: value["privileged"] != false,
            recorded: Outcome {
                stdout: text(&value["stdout"]),
                stderr: text(&value["stderr"]),
                exit: exit(&value["exit"]),
            },
            difference: differences.remove(&number(&value["n"])),
        })
        .collect();
    assert!(differences.is_empty(), "listed, but not recorded: {:?}", differences.keys());
    records
}

/// How many of these commands there are, and how many of them are to differ.
pub fn count(records: &[Record]) -> (u64, u64) {
    let listed = records.iter().filter(|record| record.difference.is_some()).count();
    (records.len() as u64, listed as u64)
}
