// SPDX-License-Identifier: GPL-2.0-only
//! The command line.

use std::time::Duration;

use super::Scale;

/// Text of `--help`.
pub const USAGE: &str = "\
usage: guest-tests [--stack NAME] [--tests LIST] [--timeout SECONDS] [--list]
  --stack NAME       which modules are installed: c-c, c-rust or rust-rust
  --tests LIST       names separated by blanks: suite.test, suite, test, or globs
  --timeout SECONDS  limit for one test (default 1200, enough for a busy emulator)
  --scale NAME       how much the campaigns do: short, debug or long (default short)
  --times N          a long run does N times as much (default 1)
  --stride N         of the hundreds of points at which making a namespace or
                     loading a module can fail, each N-th (default 1: all)
  --seed N           where random choices start (default 1)
  --block N          fuzz tests: only this block, with every answer observed
  --reduce N         fuzz tests: that block up to send N, without one send each
                     time; the answer to N tells which sends it depends on
  --list             print the names of the chosen tests and stop
";

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    /// Which pair of modules the guest holds.
    pub stack: String,
    /// Patterns; empty means all.
    pub tests: Vec<String>,
    /// Limit for one test.
    pub timeout: Duration,
    /// How much, and from which seed.
    pub scale: Scale,
    /// Only print names.
    pub list: bool,
}

impl Args {
    /// Reads the arguments after the program name.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut out = Self {
            stack: "c-c".into(),
            tests: Vec::new(),
            timeout: Duration::from_secs(1200),
            scale: Scale::default(),
            list: false,
        };
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--stack" => {
                    out.stack = value()?;
                    if !["c-c", "c-rust", "rust-rust"].contains(&out.stack.as_str()) {
                        return Err(format!("unknown stack {}", out.stack));
                    }
                }
                "--tests" => out
                    .tests
                    .extend(value()?.split_whitespace().map(String::from)),
                "--timeout" => out.timeout = Duration::from_secs(number(&value()?)?),
                "--scale" => out.scale.depth = value()?.parse()?,
                "--times" => out.scale.times = positive(&value()?)?,
                "--stride" => out.scale.stride = positive(&value()?)?,
                "--seed" => out.scale.seed = number(&value()?)?,
                "--block" => out.scale.block = Some(number(&value()?)?),
                "--reduce" => out.scale.reduce = Some(number(&value()?)?),
                "--list" => out.list = true,
                _ => return Err(format!("unknown argument {arg}")),
            }
        }
        Ok(out)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("bad number {text}"))
}

/// A number of which 0 would mean to test nothing.
fn positive(text: &str) -> Result<u64, String> {
    match number(text)? {
        0 => Err("0 is too little".into()),
        n => Ok(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Depth;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split('|').filter(|s| !s.is_empty()).map(String::from))
    }

    #[test]
    fn defaults() {
        let args = parse("").unwrap();
        assert_eq!(args.stack, "c-c");
        assert!(args.tests.is_empty() && !args.list);
    }

    #[test]
    fn all_options() {
        let args = parse("--stack|rust-rust|--tests|a b|--tests|c.*|--timeout|7|--list").unwrap();
        assert_eq!(args.stack, "rust-rust");
        assert_eq!(args.tests, ["a", "b", "c.*"]);
        assert_eq!(args.timeout, Duration::from_secs(7));
        assert!(args.list);
    }

    #[test]
    fn scale() {
        let scale =
            parse("--scale|long|--times|5|--stride|4|--seed|9|--block|3|--reduce|8").unwrap();
        let want = Scale {
            depth: Depth::Long,
            times: 5,
            stride: 4,
            seed: 9,
            block: Some(3),
            reduce: Some(8),
        };
        assert_eq!(scale.scale, want);
    }

    #[test]
    fn errors() {
        for bad in [
            "--stack",
            "--stack|x",
            "--timeout|x",
            "--scale|x",
            "--times|0",
            "--stride|0",
            "name",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
