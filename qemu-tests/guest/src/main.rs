// SPDX-License-Identifier: GPL-2.0-only
//! Functional tests of the nfacct kernel modules.
//!
//! The same tests run on the C modules and on the Rust modules; what they
//! assert holds on both, and what they observe is compared on the host.

mod env;
mod harness;
mod reference;
mod suites;
mod wire;
mod xt;

use std::process::ExitCode;

use harness::args::{Args, USAGE};
use harness::{runner, select};

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(e) => {
            eprint!("guest-tests: {e}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let chosen = match select::select(suites::SUITES, &args.tests, args.scale.depth) {
        Ok(chosen) => chosen,
        Err(e) => {
            println!("Bail out! {e}");
            return ExitCode::from(2);
        }
    };
    if args.list {
        for (suite, case) in chosen {
            println!("{suite}.{}", case.name);
        }
        return ExitCode::SUCCESS;
    }
    match runner::run(&chosen, &args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            println!("Bail out! {e}");
            ExitCode::from(2)
        }
    }
}
