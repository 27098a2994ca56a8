// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compares two `nfacct` commands on the same kernel, side by side in one run: CPU time and peak memory of each job.
//!
//! ```text
//! nfacct-bench THEIRS OURS [OBJECTS [ROUNDS]] [--json] [--check]
//! ```
//!
//! Run it as root in a network namespace of its own: it deletes all objects that no rule uses. It prints a table, with
//! `--json` a document. With `--check` it exits with 1 if a limit is broken; the limits are those of a kernel module that
//! finds names quickly. The stock module compares a new name with all others, for both commands alike.

mod job;
mod measure;
mod report;

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use job::{JOBS, Job};
use measure::{MEASURE, Usage, measure, measured};
use report::{Line, Report};

/// How the program is called.
const USAGE: &str = "usage: nfacct-bench THEIRS OURS [OBJECTS [ROUNDS]] [--json] [--check]";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let done = match args.split_first() {
        // The program runs itself in between, to see one command at a time.
        Some((first, command)) if first == MEASURE => measured(command),
        _ => run(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("nfacct-bench: {error}");
        ExitCode::from(2)
    })
}

/// What the command line asks for.
struct Bench {
    theirs: PathBuf,
    ours: PathBuf,
    objects: u32,
    rounds: u32,
}

fn run(args: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let (options, words): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.starts_with("--"));
    if options.iter().any(|option| *option != "--json" && *option != "--check") {
        return Err(USAGE.into());
    }
    let wanted = |name| options.iter().any(|option| *option == name);
    let (theirs, ours, numbers) = match words[..] {
        [theirs, ours, ref numbers @ ..] if numbers.len() <= 2 => (theirs, ours, numbers),
        _ => return Err(USAGE.into()),
    };
    let number = |index: usize, default| numbers.get(index).map_or(Ok(default), |text| text.parse::<u32>());
    let bench = Bench {
        theirs: theirs.into(),
        ours: ours.into(),
        objects: number(0, 10_000)?.max(1),
        rounds: number(1, 7)?.max(1),
    };
    let report = bench.run()?;
    print!(
        "{}",
        if wanted("--json") {
            report.json()
        } else {
            report.table()
        }
    );
    let broken = report.broken();
    for limit in &broken {
        eprintln!("nfacct-bench: {limit}");
    }
    Ok(if wanted("--check") && !broken.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

impl Bench {
    fn run(&self) -> Result<Report<'_>, Box<dyn Error>> {
        let files = job::Files::new(self.objects)?;
        let mut lines = Vec::new();
        for job in &JOBS {
            let mut line = Line {
                job,
                theirs: None,
                ours: Usage::WORST,
            };
            // Alternately, so that a disturbance hits both.
            for _ in 0..self.rounds {
                if !job.modern {
                    let usage = self.once(&self.theirs, job, &files)?;
                    line.theirs = Some(usage.least(line.theirs.unwrap_or(Usage::WORST)));
                }
                line.ours = self.once(&self.ours, job, &files)?.least(line.ours);
            }
            lines.push(line);
        }
        measure(&self.ours, &["flush".into()], None)?;
        Ok(Report {
            objects: self.objects,
            rounds: self.rounds,
            size: std::fs::metadata(&self.ours)?.len(),
            lines,
        })
    }

    /// One run of a job.
    fn once(&self, command: &std::path::Path, job: &Job, files: &job::Files) -> Result<Usage, Box<dyn Error>> {
        if job.fills {
            measure(command, &["flush".into()], None)?;
        }
        measure(command, &job.arguments(self.objects), job.input(files))
    }
}
