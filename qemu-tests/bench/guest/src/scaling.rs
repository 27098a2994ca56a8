// SPDX-License-Identifier: GPL-2.0-only
//! Two processors on one object, and on two, against one processor.
//!
//! In real time, on a host that has other things to do: both processors meet
//! before each chunk of calls, and only chunks during which both ran count.

use crate::driver;
use crate::netlink::{batches, Request, Socket, BYTES};
use crate::packet::FAR;
use crate::report::{figure, fresh_namespace};

/// Chunks in a request, as many as the driver takes.
const CHUNKS: usize = 48;
/// Chunks that must count in a round.
const WANTED: usize = 150;
/// Requests after which a round must have them.
const PATIENCE: usize = 200;
/// The part of the longer time during which both must have run.
const OVERLAP: f64 = 0.8;

/// Measures each pair of objects `rounds` times.
pub fn run(rounds: u32) {
    fresh_namespace();
    let mut requests = Vec::new();
    for side in ["a", "b"] {
        requests.push(Request::add(&format!("plain-{side}")));
        requests.push(Request::add_quota(&format!("far-{side}"), BYTES, FAR));
        requests.push(Request::add_quota(&format!("over-{side}"), BYTES, 1));
    }
    Socket::open().send_all(&batches(&requests));
    for _ in 0..rounds {
        for kind in ["plain", "far", "over"] {
            let alone = median(single(&format!("{kind}-a")));
            for (way, other) in [("shared", "a"), ("apart", "b")] {
                let (times, part) = double(&format!("{kind}-a"), &format!("{kind}-{other}"));
                figure(
                    &format!("scaling.{kind}.{way}"),
                    2.0 * alone / median(times),
                );
                figure(&format!("scaling.{kind}.{way}.kept"), part);
            }
        }
    }
}

fn single(name: &str) -> Vec<f64> {
    let mut times = Vec::new();
    while times.len() < WANTED {
        let answer = driver::ask(&format!("chunks {CHUNKS} {name}"));
        times.extend(answer.iter().map(|chunk| (chunk[1] - chunk[0]) as f64));
    }
    times
}

/// Times of the chunks that count, and the part of all that these are.
fn double(first: &str, second: &str) -> (Vec<f64>, f64) {
    let mut times = Vec::new();
    let mut all = 0;
    for _ in 0..PATIENCE {
        let answer = driver::ask(&format!("chunks {CHUNKS} {first} {second}"));
        all += answer.len();
        times.extend(
            answer
                .iter()
                .filter_map(|c| together((c[0], c[1]), (c[2], c[3]))),
        );
        if times.len() >= WANTED {
            return (times, WANTED as f64 / all as f64);
        }
    }
    panic!(
        "{} of {all} chunks ran at the same time: the host is too busy",
        times.len()
    );
}

/// How long both took together, if they ran at the same time.
fn together(a: (u64, u64), b: (u64, u64)) -> Option<f64> {
    let overlap = a.1.min(b.1).saturating_sub(a.0.max(b.0)) as f64;
    let longer = (a.1 - a.0).max(b.1 - b.0) as f64;
    let whole = a.1.max(b.1) - a.0.min(b.0);
    (overlap >= OVERLAP * longer).then_some(whole as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ran_together_counts() {
        assert_eq!(together((0, 100), (5, 105)), Some(105.0));
        assert_eq!(together((0, 100), (50, 150)), None);
        assert_eq!(together((0, 100), (200, 300)), None);
        // One was interrupted for long.
        assert_eq!(together((0, 100), (0, 300)), None);
    }

    #[test]
    fn the_middle_one_is_the_median() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
    }
}
