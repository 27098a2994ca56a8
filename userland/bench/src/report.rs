// SPDX-License-Identifier: MIT OR Apache-2.0
//! The results, as a table or as JSON, and the limits.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{job::Job, measure::Usage};

/// The program itself may have so many bytes.
const SIZE: u64 = 4 << 20;

/// The least of all rounds of a job.
pub(crate) struct Line<'a> {
    pub(crate) job: &'a Job,
    /// `None` if their command cannot do it.
    pub(crate) theirs: Option<Usage>,
    pub(crate) ours: Usage,
}

/// All results.
pub(crate) struct Report<'a> {
    pub(crate) objects: u32,
    pub(crate) rounds: u32,
    /// Bytes of our program.
    pub(crate) size: u64,
    pub(crate) lines: Vec<Line<'a>>,
}

/// Microseconds as milliseconds, and bytes as MiB: no figure is so large that it loses precision.
#[allow(clippy::cast_precision_loss)]
fn scaled(value: u64, unit: u64) -> f64 {
    value as f64 / unit as f64
}

impl Line<'_> {
    fn ratio(&self) -> Option<f64> {
        let theirs = self.theirs?.total().max(1);
        Some(scaled(self.ours.total(), theirs))
    }

    fn broken(&self) -> Option<String> {
        let (ratio, limit) = (self.ratio()?, self.job.limit?);
        (ratio > limit).then(|| format!("{}: {ratio:.2} is above the limit of {limit:.2}", self.job.name))
    }
}

impl Report<'_> {
    /// The limits that are broken.
    pub(crate) fn broken(&self) -> Vec<String> {
        let mut broken: Vec<String> = self.lines.iter().filter_map(Line::broken).collect();
        if self.size > SIZE {
            broken.push(format!("the program has {} bytes, more than {SIZE}", self.size));
        }
        broken
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "{} objects; least CPU time (user+system) in ms and peak memory in MiB of {} rounds\n",
            self.objects, self.rounds
        );
        let cell = |usage: &Usage| {
            format!(
                "{:.1} ({:.1}+{:.1})",
                scaled(usage.total(), 1000),
                scaled(usage.user, 1000),
                scaled(usage.system, 1000)
            )
        };
        let memory = |usage: &Usage| format!("{:.1}", scaled(usage.peak, 1024));
        let row = |cells: [String; 7]| {
            let [job, theirs, ours, ratio, limit, their_peak, our_peak] = cells;
            format!("{job:<16}{theirs:>24}{ours:>24}{ratio:>7}{limit:>7}{their_peak:>8}{our_peak:>8}\n")
        };
        text += &row(["job", "theirs", "ours", "ratio", "limit", "theirs", "ours"].map(str::to_owned));
        for line in &self.lines {
            let none = || "-".to_owned();
            let number = |value: Option<f64>| value.map_or_else(none, |value| format!("{value:.2}"));
            text += &row([
                line.job.name.to_owned(),
                line.theirs.as_ref().map_or_else(none, cell),
                cell(&line.ours),
                number(line.ratio()),
                number(line.job.limit),
                line.theirs.as_ref().map_or_else(none, memory),
                memory(&line.ours),
            ]);
        }
        let _ = writeln!(
            text,
            "our program has {:.2} MiB, at most {} are allowed",
            scaled(self.size, 1 << 20),
            SIZE >> 20
        );
        text
    }

    pub(crate) fn json(&self) -> String {
        let usage = |usage: &Usage| json!({ "user_us": usage.user, "system_us": usage.system, "peak_kib": usage.peak });
        let line = |line: &Line<'_>| {
            json!({
                "job": line.job.name,
                "theirs": line.theirs.as_ref().map(usage),
                "ours": usage(&line.ours),
                "ratio": line.ratio(),
                "limit": line.job.limit,
            })
        };
        let jobs: Vec<Value> = self.lines.iter().map(line).collect();
        let report = json!({
            "objects": self.objects,
            "rounds": self.rounds,
            "program_bytes": self.size,
            "program_limit": SIZE,
            "jobs": jobs,
            "broken": self.broken(),
        });
        format!("{report:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JOBS;

    fn usage(total: u64) -> Usage {
        Usage {
            user: total / 4,
            system: total - total / 4,
            peak: 2048,
        }
    }

    fn report(ours: u64, size: u64) -> Report<'static> {
        let list = JOBS.iter().find(|job| job.name == "list").unwrap();
        Report {
            objects: 10_000,
            rounds: 3,
            size,
            lines: vec![Line {
                job: list,
                theirs: Some(usage(10_000)),
                ours: usage(ours),
            }],
        }
    }

    #[test]
    fn limits() {
        assert!(report(6_000, SIZE).broken().is_empty());
        assert_eq!(report(6_100, SIZE).broken(), ["list: 0.61 is above the limit of 0.60"]);
        assert_eq!(report(1, SIZE + 1).broken().len(), 1);
    }

    #[test]
    fn both_forms_tell_the_same() {
        let report = report(5_000, 1 << 20);
        let table = report.table();
        assert!(table.contains("10.0 (2.5+7.5)"), "{table}");
        assert!(table.contains("5.0 (1.2+3.8)   0.50   0.60     2.0     2.0"), "{table}");
        let document: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(document["jobs"][0]["ratio"], 0.5);
        assert_eq!(document["jobs"][0]["ours"]["user_us"], 1250);
    }
}
