// SPDX-License-Identifier: GPL-2.0-only
//! Those who reset, each in another way, and add up what they were told.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use super::{disturb, reset_dump};
use super::tally::{Tally, COUNTED};
use crate::env::proc::Child;
use crate::env::shared::Shared;
use crate::wire::consts::*;
use crate::wire::fuzz::Random;
use crate::wire::socket::LARGE;
use crate::wire::{messages, Acct, Msg, Reply, Sock};

/// Resets one object at a time.
pub fn single(stop: &AtomicBool) -> Tally {
    let acct = Acct::open();
    let mut tally = Tally::default();
    let mut names = COUNTED.iter().cycle();
    disturb(stop, || {
        let name = names.next().expect("endless");
        tally.objects(&[acct.reset(name)]);
        acct.get(name);
    });
    tally
}

/// Resets all by dumps, in parts of different sizes.
pub fn dumps(stop: &AtomicBool, mut r: Random) -> Tally {
    let mut tally = Tally::default();
    disturb(stop, || {
        let s = Sock::open();
        let size = r.pick(&[4096, 4096, 8192, 32768]);
        let reply = s.exchange_sized(reset_dump().bytes(), size);
        assert!(reply.done(), "{}", reply.outcome());
        tally.objects(&reply.objects());
    });
    tally
}

/// Resets with a receive queue that is full, so that replies are refused.
pub fn clogged(stop: &AtomicBool) -> Tally {
    const RESET: u32 = 0x0bad_cafe;
    let mut tally = Tally::default();
    let mut names = COUNTED.iter().cycle();
    disturb(stop, || {
        let s = Sock::open();
        s.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 1).expect("SO_RCVBUF");
        let name = names.next().expect("endless");
        for _ in 0..4 {
            // The error of a full queue is the aim.
            let _ = s.send(Msg::named(GET, REQUEST, name).bytes());
            let _ = s.send(Msg::named(CTRZERO, REQUEST, name).seq(RESET).bytes());
        }
        let mut reply = Reply::default();
        s.drain(LARGE, &mut reply);
        for m in reply.messages() {
            if m.seq == RESET && m.error().is_none() {
                tally.objects(&[m.object().expect("complete object")]);
            }
        }
    });
    tally
}

/// Resets by dumps that are read into too small a buffer.
///
/// What is in the datagram is reported, also what is cut off: it is looked at
/// before.
pub fn truncating(stop: &AtomicBool) -> Tally {
    let mut tally = Tally::default();
    let mut buf = vec![0; LARGE];
    disturb(stop, || {
        let s = Sock::open();
        s.send(reset_dump().bytes()).expect("send");
        while let Ok(len) = s.recv_into(&mut buf, libc::MSG_PEEK) {
            tally.objects(&objects(&buf[..len]));
            let cut = s.recv_into(&mut [0; 100], 0).expect("the same datagram");
            assert_eq!(cut, len);
        }
    });
    tally
}

fn objects(datagram: &[u8]) -> Vec<crate::wire::Object> {
    let reply = Reply {
        parts: vec![datagram.to_vec()],
        ..Reply::default()
    };
    reply.objects()
}

/// Room of one received part, and how many of them.
const SLOT: usize = 8192;
const SLOTS: usize = 256;

/// A process that resets by dumps until it is killed.
///
/// It receives straight into memory that outlives it, and its socket has a
/// second owner, so that nothing that was reported can go unseen.
pub struct Doomed {
    child: Child,
    start: UnixStream,
    memory: Shared,
    sock: Sock,
}

impl Doomed {
    /// Forks the process; it waits.
    pub fn new() -> Self {
        let (start, mut signal) = UnixStream::pair().expect("pair");
        let memory = Shared::new(SLOT * SLOTS);
        let mut slots = memory.for_child();
        let sock = Sock::open();
        let own = sock.share();
        let child = Child::spawn(move || {
            signal.read_exact(&mut [0]).expect("signal");
            let mut slot = 0;
            loop {
                own.send(reset_dump().bytes()).expect("send");
                while slot < SLOTS && own.recv_into(slots.part(slot * SLOT, SLOT), 0).is_ok() {
                    slot += 1;
                }
                if slot == SLOTS {
                    thread::park();
                }
            }
        });
        Self {
            child,
            start,
            memory,
            sock,
        }
    }

    /// Lets it run for a while and kills it; what was reported to it.
    fn run(mut self, time: Duration) -> Tally {
        let mut tally = Tally::default();
        self.start.write_all(b".").expect("signal");
        thread::sleep(time);
        assert_eq!(self.child.kill(), 128 + libc::SIGKILL);
        for slot in self.memory.bytes().chunks(SLOT) {
            tally.objects(&objects(used(slot)));
        }
        let mut rest = Reply::default();
        self.sock.drain(LARGE, &mut rest);
        tally.objects(&rest.objects());
        tally
    }
}

/// The messages at the beginning of a zeroed slot.
fn used(slot: &[u8]) -> &[u8] {
    let mut end = 0;
    while let Some(len) = slot.get(end..end + 4) {
        let len = u32::from_ne_bytes(len.try_into().expect("4 bytes")) as usize;
        if len == 0 {
            break;
        }
        end += len.next_multiple_of(4);
    }
    let part = &slot[..end];
    messages(part).expect("well-formed datagram");
    part
}

/// Kills one reader after the other, at any moment of the microseconds that are given.
pub fn killed(stop: &AtomicBool, mut doomed: Vec<Doomed>, most: u64, mut r: Random) -> Tally {
    let mut tally = Tally::default();
    disturb(stop, || {
        if let Some(one) = doomed.pop() {
            tally.add(&one.run(Duration::from_micros(500 + r.below(most))));
        }
        thread::sleep(Duration::from_millis(100));
    });
    tally
}
