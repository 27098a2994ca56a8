// SPDX-License-Identifier: GPL-2.0-only
//! Measures the loaded nfacct modules, whoever wrote them.
//!
//! Arguments are jobs, done in turn; each writes lines "figure NAME VALUE". Only
//! the `x_tables` match `nfacct` and nfnetlink are used. Times are nanoseconds of
//! processor time; under QEMU's icount that is the number of instructions.

mod conserve;
mod control;
mod driver;
mod netlink;
mod packet;
mod report;
mod resources;
mod rules;
mod scaling;
mod traffic;

use std::process::ExitCode;

const USAGE: &str = "\
usage: bench-guest JOB...
  load:FILE,FILE     load the modules from these files
  packet:COUNT       COUNT packets through the match, each kind of object
  scaling:ROUNDS     two processors against one
  conserve:MILLIONS  packets from two processors while the object is reset
  control:N,N...     requests on tables of N objects, linear ones and lookups
  quadratic:N,N...   adds and deletes that C does in quadratic time
  dump:N,N...        dumps of N objects
  rules:N            N rules, restored by iptables
  traffic:PACKETS    packets through up to 100 rules
  memory-plain:N     memory of N objects without a quota; nothing else before
  memory-quota:N     memory of N objects with one; nothing else before
  many:N             one pass over a table of N objects";

fn main() -> ExitCode {
    let jobs: Vec<String> = std::env::args().skip(1).collect();
    if jobs.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    for job in &jobs {
        let (verb, arguments) = job.split_once(':').unwrap_or((job, ""));
        let numbers = || {
            arguments
                .split(',')
                .map(|n| n.parse().unwrap_or(0))
                .collect::<Vec<u32>>()
        };
        match verb {
            "load" => resources::load(arguments),
            "packet" => packet::run(numbers()[0]),
            "scaling" => scaling::run(numbers()[0]),
            "conserve" => conserve::run(numbers()[0]),
            "control" => numbers().into_iter().for_each(control::linear),
            "quadratic" => numbers().into_iter().for_each(control::quadratic),
            "dump" => numbers().into_iter().for_each(control::dumps),
            "rules" => rules::run(numbers()[0]),
            "traffic" => traffic::run(numbers()[0]),
            "memory-plain" => resources::memory("plain", numbers()[0]),
            "memory-quota" => resources::memory("quota", numbers()[0]),
            "many" => control::many(numbers()[0]),
            _ => {
                eprintln!("bench-guest: there is no job {verb}\n{USAGE}");
                return ExitCode::from(2);
            }
        }
        println!("done {job}");
    }
    ExitCode::SUCCESS
}
