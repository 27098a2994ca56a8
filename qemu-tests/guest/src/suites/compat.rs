// SPDX-License-Identifier: GPL-2.0-only
//! Our nfacct against the C one, live: the same commands on the same kernel, each in a namespace of its own.
//!
//! Standard output, standard error, exit code and the table that is left are compared, the time stamp of JSON masked.
//! The commands are those recorded for the tests without a kernel (`userland/nfacct/tests/golden`), so a run also
//! shows that the recording is true. The file `differences.jsonl` there says which commands must differ, and how.

mod generated;
mod record;
mod side;
mod verdict;

use crate::harness::{cases, Test};
use record::Record;
use side::Side;
use verdict::Score;

cases![
    no_subsystem,
    usage,
    add,
    odd_names,
    list,
    get,
    delete,
    rules_and_traffic,
    restore,
    without_privileges,
    generated_commands,
    generated_restores,
];

/// Which scenarios of the recording a test replays; those of `restore` have a common prefix.
const GROUPS: [(&str, &[&str]); 10] = [
    ("no_subsystem", &["no-subsystem"]),
    ("usage", &["usage-unknown-command", "version"]),
    ("add", &["add-quota-numbers", "add-argument-errors"]),
    ("odd_names", &["names-odd-characters"]),
    ("list", &["list-options", "empty-table", "insertion-order"]),
    ("get", &["get-options"]),
    ("delete", &["delete-flush-arguments"]),
    ("rules_and_traffic", &["in-use-and-reset", "quota-rearm-by-list-reset"]),
    ("restore", &["restore-*"]),
    ("without_privileges", &["permissions"]),
];

fn no_subsystem(t: &mut Test) {
    replay(t, "no_subsystem");
}

fn usage(t: &mut Test) {
    replay(t, "usage");
}

fn add(t: &mut Test) {
    replay(t, "add");
}

fn odd_names(t: &mut Test) {
    replay(t, "odd_names");
}

fn list(t: &mut Test) {
    replay(t, "list");
}

fn get(t: &mut Test) {
    replay(t, "get");
}

fn delete(t: &mut Test) {
    replay(t, "delete");
}

fn rules_and_traffic(t: &mut Test) {
    replay(t, "rules_and_traffic");
}

fn restore(t: &mut Test) {
    replay(t, "restore");
}

fn without_privileges(t: &mut Test) {
    replay(t, "without_privileges");
}

fn generated_commands(t: &mut Test) {
    generated::commands(t);
}

fn generated_restores(t: &mut Test) {
    generated::restores(t);
}

/// Does a group replay a scenario?
fn belongs(scenarios: &[&str], scenario: &str) -> bool {
    scenarios.iter().any(|known| match known.strip_suffix('*') {
        Some(prefix) => scenario.starts_with(prefix),
        None => scenario == *known,
    })
}

/// Replays the scenarios of a group, each on two empty tables.
fn replay(t: &mut Test, group: &str) {
    let (_, scenarios) = GROUPS.iter().find(|(name, _)| *name == group).expect("a group");
    let mut records: Vec<Record> = record::all();
    records.retain(|record| belongs(scenarios, &record.scenario));
    let mut score = Score::default();
    for scenario in records.chunk_by(|a, b| a.scenario == b.scenario) {
        let mut sides = [Side::theirs(), Side::ours()];
        for record in scenario {
            let [theirs, ours] = sides.each_mut().map(|side| side.replay(record));
            score.judge(record, &theirs, &ours);
        }
    }
    score.finish(t, record::count(&records));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_command_is_replayed_once() {
        for record in record::all() {
            let groups = GROUPS
                .iter()
                .filter(|(_, scenarios)| belongs(scenarios, &record.scenario))
                .count();
            assert_eq!(groups, 1, "{}", record.scenario);
        }
        for (name, _) in GROUPS {
            assert!(CASES.iter().any(|case| case.name == name), "{name}");
        }
    }
}
