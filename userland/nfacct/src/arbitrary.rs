// SPDX-License-Identifier: MIT OR Apache-2.0
//! How tests on arbitrary input choose it.

use proptest::test_runner::{Config, RngSeed};

/// Every run has the same cases, unless `PROPTEST_RNG_SEED` is set. Failures are printed, not kept in files.
pub(crate) fn config() -> Config {
    Config {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    }
}
