// SPDX-License-Identifier: GPL-2.0-only
//! What a test is, how it is chosen, isolated and reported.

pub mod args;
pub mod context;
pub mod ktap;
pub mod runner;
pub mod scale;
pub mod select;

pub use context::{skip, Test};
pub use scale::{Depth, Scale};

/// The body of a test: it panics when a check fails.
pub type Body = fn(&mut Test);

/// A named test.
#[derive(Clone, Copy)]
pub struct Case {
    /// Name inside its suite.
    pub name: &'static str,
    /// What it does.
    pub body: Body,
}

/// A named group of tests.
pub struct Suite {
    /// First half of each test's full name.
    pub name: &'static str,
    /// Its tests, in the order of execution.
    pub cases: &'static [Case],
    /// The only depth of run that it is part of, if it needs a special kernel.
    pub only: Option<Depth>,
}

/// Declares the tests of a suite file: each name is a function of that file.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        /// The tests of this suite.
        pub const CASES: &[crate::harness::Case] = &[
            $(crate::harness::Case { name: stringify!($name), body: $name }),*
        ];
    };
}
pub(crate) use cases;
