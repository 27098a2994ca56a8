// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compares the CPU time of two `nfacct` commands on the same kernel, side by side in one run.
//!
//! ```text
//! nfacct-bench /usr/sbin/nfacct /usr/local/bin/nfacct [OBJECTS [ROUNDS]]
//! ```
//!
//! Run it as root in a network namespace of its own: it deletes all objects that no rule uses. It prints the least CPU
//! time (user + system) of each job and the ratio, and exits with 1 if a limit is not kept.

use std::{
    env,
    error::Error,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use nix::{
    sys::resource::{UsageWho, getrusage},
    sys::time::TimeValLike,
};

/// A job: its name, the arguments, and the largest allowed ratio.
struct Job {
    name: &'static str,
    args: &'static [&'static str],
    limit: f64,
}

const JOBS: [Job; 3] = [
    Job {
        name: "start (version)",
        args: &["version"],
        limit: 2.0,
    },
    Job {
        name: "restore",
        args: &["restore"],
        limit: 0.5,
    },
    Job {
        name: "list",
        args: &["list"],
        limit: 0.6,
    },
];

/// The two commands and the input of `restore`.
struct Bench {
    commands: [PathBuf; 2],
    input: PathBuf,
    rounds: u32,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nfacct-bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [theirs, ours, rest @ ..] = &args[..] else {
        return Err("usage: nfacct-bench THEIRS OURS [OBJECTS [ROUNDS]]".into());
    };
    let number = |index: usize, default| rest.get(index).map_or(Ok(default), |text: &String| text.parse::<u32>());
    let (objects, rounds) = (number(0, 10_000)?, number(1, 7)?);
    let input = env::temp_dir().join(format!("nfacct-bench-{}", std::process::id()));
    write_input(&input, objects)?;
    let bench = Bench {
        commands: [theirs.into(), ours.into()],
        input,
        rounds,
    };
    let kept = bench.compare(objects);
    std::fs::remove_file(&bench.input)?;
    kept
}

/// Lines as `list` prints them.
fn write_input(path: &Path, objects: u32) -> std::io::Result<()> {
    let line = |number: u32| {
        let bytes = u64::from(number) * 100;
        format!("{{ pkts = {number:020}, bytes = {bytes:020} }} = object-{number:06};\n")
    };
    let text: String = (0..objects).map(line).collect();
    File::create(path)?.write_all(text.as_bytes())
}

impl Bench {
    /// Prints the table; were all limits kept?
    fn compare(&self, objects: u32) -> Result<bool, Box<dyn Error>> {
        println!("{objects} objects, least CPU time of {} rounds", self.rounds);
        println!(
            "{:<16} {:>12} {:>12} {:>7} {:>7}",
            "job", "theirs", "ours", "ratio", "limit"
        );
        let mut kept = true;
        for job in &JOBS {
            let mut best = [f64::INFINITY; 2];
            // Alternately, so that a disturbance hits both.
            for _ in 0..self.rounds {
                for (best, command) in best.iter_mut().zip(&self.commands) {
                    *best = best.min(self.once(command, job)?);
                }
            }
            let [theirs, ours] = best;
            let ratio = ours / theirs;
            kept &= ratio <= job.limit;
            println!(
                "{:<16} {theirs:>9.2} ms {ours:>9.2} ms {ratio:>7.2} {:>7.2}",
                job.name, job.limit
            );
        }
        Ok(kept)
    }

    /// Milliseconds of CPU time of one run.
    fn once(&self, command: &Path, job: &Job) -> Result<f64, Box<dyn Error>> {
        if job.name == "restore" {
            self.execute(command, &["flush"])?;
        }
        let before = cpu_time()?;
        self.execute(command, job.args)?;
        Ok(cpu_time()? - before)
    }

    fn execute(&self, command: &Path, args: &[&str]) -> Result<(), Box<dyn Error>> {
        let status = Command::new(command)
            .args(args)
            .stdin(File::open(&self.input)?)
            .stdout(Stdio::null())
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{} {}: {status}", command.display(), args.join(" ")).into())
        }
    }
}

/// CPU time of all children that have ended, in milliseconds.
fn cpu_time() -> nix::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    // A program of 285 years would lose precision.
    #[allow(clippy::cast_precision_loss)]
    Ok(microseconds as f64 / 1000.0)
}
