// SPDX-License-Identifier: GPL-2.0-only
//! What is seen at each point of failure of an operation, and what must hold there.

use super::{ERRORS, MOST};
use crate::env::faults::FailNth;
use crate::harness::Test;
use crate::wire::{Acct, Object, Reply};

/// What was seen at one point of failure.
pub struct Point {
    /// Of the system call, 0 for success.
    pub errno: i32,
    /// What came back through the socket.
    pub reply: Reply,
    /// Objects before and after.
    pub before: Vec<Object>,
    pub after: Vec<Object>,
}

impl Point {
    /// The errno of the call, or else of the acknowledgement.
    pub fn refused(&self) -> Option<i32> {
        let answer = self.reply.errno().unwrap_or(0);
        [self.errno, answer].into_iter().find(|e| *e != 0)
    }

    /// Whether the caller has got the whole answer that `whole` got. The
    /// memory for the acknowledgement may be what is missing: then he knows nothing.
    fn answered_like(&self, whole: &Self) -> bool {
        if whole.reply.done() {
            return self.reply.done();
        }
        self.reply.errno().is_some() || whole.reply.errno().is_none()
    }
}

/// Packets and bytes of all objects.
pub fn sums(objects: &[Object]) -> (u64, u64) {
    let pkts = objects.iter().map(|o| o.pkts).sum();
    (pkts, objects.iter().map(|o| o.bytes).sum())
}

/// The error number of a result, 0 for success.
pub fn error_of(result: std::io::Result<()>) -> i32 {
    result.map_or_else(|e| e.raw_os_error().unwrap_or(-1), |()| 0)
}

/// Runs `call` with each of its allocations failing in turn, each time after
/// `prepare`; then once without a failure.
pub fn at_each_point<S>(
    fail: &FailNth,
    mut prepare: impl FnMut() -> S,
    mut call: impl FnMut(&mut S) -> i32,
    mut answer: impl FnMut(&mut S) -> Reply,
) -> (Vec<Point>, Point) {
    let mut points = Vec::new();
    let look = Acct::open();
    for n in 1..MOST {
        let mut state = prepare();
        let before = look.list();
        let (errno, hit) = fail.at(n, || call(&mut state));
        let point = Point {
            errno,
            reply: answer(&mut state),
            before,
            after: look.list(),
        };
        if !hit {
            return (points, point);
        }
        points.push(point);
    }
    panic!("no end of points");
}

/// What must hold at each point.
pub fn judge(t: &mut Test, step: &str, points: &[Point], whole: &Point) {
    assert_eq!(whole.errno, 0, "{step}");
    assert!(!points.is_empty(), "{step}: nothing can fail");
    for (n, point) in (1..).zip(points) {
        let what = || format!("{step} point {n}: {} {}", point.errno, point.reply.outcome());
        assert_eq!(point.before, whole.before, "{}", what());
        let unchanged = point.after == point.before;
        assert!(unchanged || point.after == whole.after, "half done: {}", what());
        if let Some(errno) = point.refused() {
            let expected = ERRORS.contains(&errno) || Some(errno) == whole.refused();
            assert!(expected, "{}", what());
            // A dump whose first part found no memory is refused and goes on:
            // netlink starts it before it makes the part.
            let goes_on = point.reply.done();
            assert!(unchanged || goes_on, "refused, yet done: {}", what());
        } else if point.answered_like(whole) {
            // Who is told that all is well is told the truth.
            assert_eq!(point.after, whole.after, "not done: {}", what());
            assert_eq!(point.reply.objects(), whole.reply.objects(), "{}", what());
            assert_eq!(point.reply.outcome(), whole.reply.outcome(), "{}", what());
        }
    }
    let refused = points.iter().filter(|p| p.refused().is_some()).count();
    t.note(format!("{step}: {} points, {refused} refused", points.len()));
    assert!(refused > 0, "{step}: nothing was refused");
    t.obs(step, "whole");
}

/// What was there is in what was reported, or still there.
pub fn conserves(point: &Point, total: (u64, u64)) -> bool {
    let parts = [&point.reply.objects(), &point.after].map(|o| sums(o));
    (parts[0].0 + parts[1].0, parts[0].1 + parts[1].1) == total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Scale;
    use crate::wire::consts::{NEW, NLMSG_ERROR, USE};
    use crate::wire::Msg;

    fn object(name: &[u8]) -> Object {
        let msg = Msg::new(NEW, 2).name(name).counters(1, 2).be32(USE, 1);
        let reply = Reply {
            parts: vec![msg.bytes().to_vec()],
            ..Reply::default()
        };
        reply.objects().remove(0)
    }

    /// An insert that was acknowledged with `ack`, if at all, and done or not.
    fn insert(ack: Option<i32>, done: bool) -> Point {
        let message = |e: i32| Msg::bare(NLMSG_ERROR, 0).raw(&(-e).to_ne_bytes());
        Point {
            errno: 0,
            reply: Reply {
                parts: ack.iter().map(|e| message(*e).bytes().to_vec()).collect(),
                ..Reply::default()
            },
            before: Vec::new(),
            after: if done { vec![object(b"fresh")] } else { Vec::new() },
        }
    }

    fn judged(point: Point) {
        let out = std::fs::File::create("/dev/null").expect("/dev/null");
        let mut t = Test::new("faults.own", "c-c", Scale::default(), out);
        // Something must be refused at all.
        let points = [insert(Some(libc::ENOMEM), false), point];
        judge(&mut t, "insert", &points, &insert(Some(0), true));
    }

    #[test]
    fn whole_or_refused_or_silent() {
        judged(insert(Some(0), true));
        judged(insert(Some(libc::ENOMEM), false));
        judged(insert(None, true));
        judged(insert(None, false));
    }

    #[test]
    #[should_panic(expected = "not done")]
    fn swallowed_failure() {
        judged(insert(Some(0), false));
    }

    #[test]
    #[should_panic(expected = "refused, yet done")]
    fn done_in_spite_of_a_refusal() {
        judged(insert(Some(libc::ENOMEM), true));
    }

    #[test]
    #[should_panic(expected = "insert point 2: 0 EPERM")]
    fn wrong_reason() {
        judged(insert(Some(libc::EPERM), false));
    }
}
