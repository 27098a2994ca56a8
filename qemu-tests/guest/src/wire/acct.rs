// SPDX-License-Identifier: GPL-2.0-only
//! Set-up and look-up for tests that are about something else.

use std::thread;
use std::time::{Duration, Instant};

use super::consts::{ACK, ADD, ASK, CREATE, CTRZERO, DEL, FLAGS, GET, LIST, NEW, QUOTA, REQUEST};
use super::{batch, Msg, Object, Reply, Sock};

/// An accounting table seen through one socket; each step must succeed.
pub struct Acct {
    /// The socket, for what the methods do not cover.
    pub sock: Sock,
}

impl Acct {
    /// The table of the caller's network namespace.
    pub fn open() -> Self {
        Self { sock: Sock::open() }
    }

    #[track_caller]
    fn must(&self, msg: &Msg) -> Reply {
        let reply = self.sock.exchange(msg);
        assert_eq!(reply.errno(), Some(0), "{}", reply.outcome());
        reply
    }

    /// Creates a plain object.
    #[track_caller]
    pub fn add(&self, name: &str) {
        self.must(&add_msg(name));
    }

    /// Creates a plain object that starts at the given values.
    #[track_caller]
    pub fn add_at(&self, name: &str, pkts: u64, bytes: u64) {
        self.must(&add_msg(name).counters(pkts, bytes));
    }

    /// Creates a quota object; `flags` says which counter is limited.
    #[track_caller]
    pub fn add_quota(&self, name: &str, flags: u32, quota: u64) {
        self.must(&add_msg(name).be32(FLAGS, flags).be64(QUOTA, quota));
    }

    /// Creates a quota object that starts at the given values.
    #[track_caller]
    pub fn add_quota_at(&self, name: &str, flags: u32, quota: u64, pkts: u64, bytes: u64) {
        let msg = add_msg(name).counters(pkts, bytes);
        self.must(&msg.be32(FLAGS, flags).be64(QUOTA, quota));
    }

    /// Creates many objects, many messages a send.
    ///
    /// Only the last message of each send asks for an acknowledgement, so that
    /// the receive queue cannot overflow; errors come back in any case.
    #[track_caller]
    pub fn add_many(&self, messages: &[Msg]) {
        for chunk in messages.chunks(200) {
            let mut buf = batch(chunk);
            let last = buf.len() - chunk[chunk.len() - 1].bytes().len().next_multiple_of(4);
            buf[last + 6] |= ACK as u8;
            let reply = self.sock.exchange_sized(&buf, super::socket::LARGE);
            assert_eq!(reply.outcome(), "0");
        }
    }

    /// Reads one object, `None` if it does not exist.
    #[track_caller]
    pub fn find(&self, name: &str) -> Option<Object> {
        self.read(GET, name)
    }

    /// Reads one object that must exist.
    #[track_caller]
    pub fn get(&self, name: &str) -> Object {
        self.find(name).expect("object exists")
    }

    /// Reads and resets one object that must exist.
    #[track_caller]
    pub fn reset(&self, name: &str) -> Object {
        self.read(CTRZERO, name).expect("object exists")
    }

    #[track_caller]
    fn read(&self, kind: u16, name: &str) -> Option<Object> {
        let reply = self
            .sock
            .exchange(&Msg::new(kind, ASK).name(name.as_bytes()));
        match reply.errno() {
            Some(0) => Some(reply.objects().remove(0)),
            Some(libc::ENOENT) => None,
            other => panic!("get {name}: {other:?}"),
        }
    }

    /// Packets and bytes of an object that must exist.
    #[track_caller]
    pub fn counts(&self, name: &str) -> (u64, u64) {
        let object = self.get(name);
        (object.pkts, object.bytes)
    }

    /// Deletes one object; gives the error number.
    #[track_caller]
    pub fn del(&self, name: &str) -> i32 {
        self.sock
            .exchange(&Msg::new(DEL, ASK).name(name.as_bytes()))
            .errno()
            .expect("an acknowledgement")
    }

    /// Waits until an object has `want` references: nftables destroys rules from
    /// a workqueue.
    #[track_caller]
    pub fn settle(&self, name: &str, want: u32) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.get(name).uses != want {
            let uses = self.get(name).uses;
            assert!(Instant::now() < deadline, "{name}: {uses} references");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Deletes all unused objects.
    #[track_caller]
    pub fn flush(&self) {
        self.must(&Msg::new(DEL, ASK));
    }

    /// Reads all objects.
    #[track_caller]
    pub fn list(&self) -> Vec<Object> {
        let reply = self.sock.exchange(&Msg::new(GET, LIST));
        assert!(reply.done(), "{}", reply.outcome());
        reply.objects()
    }

    /// The names of all objects, in order.
    #[track_caller]
    pub fn names(&self) -> Vec<String> {
        self.list()
            .iter()
            .map(|o| String::from_utf8_lossy(&o.name).into_owned())
            .collect()
    }
}

/// The request that creates a plain object.
pub fn add_msg(name: &str) -> Msg {
    Msg::new(NEW, ADD).name(name.as_bytes())
}

/// The same without an acknowledgement, for [`Acct::add_many`].
pub fn add_quiet(name: &str) -> Msg {
    Msg::new(NEW, REQUEST | CREATE).name(name.as_bytes())
}
