// SPDX-License-Identifier: GPL-2.0-only
//! Compares what the two programs did and keeps the score.

use super::record::Record;
use super::side::Done;
use crate::harness::Test;

/// How many commands were compared, and what is wrong.
#[derive(Default)]
pub struct Score {
    cases: u64,
    identical: u64,
    listed: u64,
    wrong: Vec<String>,
}

/// So many wrong commands are shown.
const SHOWN: usize = 10;

impl Score {
    /// Compares a replayed command.
    pub fn judge(&mut self, record: &Record, theirs: &Done, ours: &Done) {
        self.cases += 1;
        let mut faults = Vec::new();
        if theirs.outcome != record.recorded {
            faults.push("the C tool behaves otherwise than recorded");
        }
        let differs = (theirs.outcome != ours.outcome, theirs.table != ours.table);
        match &record.difference {
            None if differs == (false, false) => self.identical += 1,
            None => faults.push("a difference that is not listed"),
            Some(listed) => {
                self.listed += 1;
                if differs != (listed.outcome.is_some(), listed.table) {
                    faults.push("the listed difference is gone, or there is more of it");
                }
                if !listed.outcome.as_ref().is_none_or(|listed| listed.describes(&ours.outcome)) {
                    faults.push("another difference than the listed one");
                }
            }
        }
        if !faults.is_empty() {
            let number = record.number;
            self.fault(&format!("{number} {}", faults.join(", ")), &record.argv, theirs, ours);
        }
    }

    /// Compares a command that must not differ, after a known difference was taken out of their output.
    pub fn judge_equal(&mut self, argv: &[Vec<u8>], theirs: &Done, ours: &Done) {
        self.cases += 1;
        if theirs.outcome == ours.outcome && theirs.table == ours.table {
            self.identical += 1;
        } else {
            self.fault("differs", argv, theirs, ours);
        }
    }

    fn fault(&mut self, what: &str, argv: &[Vec<u8>], theirs: &Done, ours: &Done) {
        let words: Vec<String> = argv.iter().map(|word| word.escape_ascii().to_string()).collect();
        let [c, own] = [theirs, ours].map(|done| format!("{:?}\n{}", done.outcome, done.table));
        self.wrong.push(format!("{what}: {words:?}\nC:    {c}\nours: {own}"));
    }

    /// Reports; `expected` is how many commands there are in all and how many of them are to differ.
    pub fn finish(self, t: &mut Test, (cases, listed): (u64, u64)) {
        t.obs(
            "score",
            format!("{} commands, {} identical, {} listed differences", self.cases, self.identical, self.listed),
        );
        let shown = self.wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>();
        assert!(shown.is_empty(), "{} wrong:\n{}", self.wrong.len(), shown.join("\n"));
        assert_eq!((self.cases, self.listed), (cases, listed));
    }
}
