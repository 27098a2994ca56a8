// SPDX-License-Identifier: GPL-2.0-only

//! Two CPUs that count packets of a quota and a process that resets it, step by step.
//!
//! Each actor takes the steps of `Head::judge()`, `find_out()`, `settle()`, `begin_event()` and
//! `reset()`, one memory access at a time. What a CPU adds to its counter stays in its store
//! buffer, unseen by others, until it takes the lock or for any time up to a limit: that is the
//! one thing that the margin relies on, see `docs/counters.md`.

use super::{Quota, Unit};

#[path = "outlook_interleavings.rs"]
mod interleavings;

/// What is explored.
#[derive(Clone, Copy)]
struct Setting {
    limit: u64,
    start: u64,
    /// For each CPU.
    packets: [u8; 2],
    reset: bool,
    margin: u64,
    /// Packets that one CPU may have in its store buffer.
    buffer: u8,
    /// How often others may hold the lock while a packet stays in a store buffer.
    patience: u8,
    /// The largest allowance.
    most: u64,
    /// Closing the bounds makes the answer forgotten, too, which is wrong.
    forgetful: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum At {
    Add,
    ReadBound,
    ReadCell(u64),
    Exceeded,
    Lock,
    CloseFirst(usize),
    Sum(usize),
    Close(usize),
    Open(usize, u64),
    LeftNonzero(usize),
    EventLock,
    Event(usize),
    ResetRead(usize),
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Actor {
    at: At,
    left: u8,
    /// Sum that is being made.
    sum: u64,
    total: u64,
    exceeded: bool,
    event_due: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    cells: [u64; 2],
    buffered: [u8; 2],
    waited: [u8; 2],
    bounds: [u64; 2],
    base: u64,
    exceeded: bool,
    reported: bool,
    due: bool,
    open: bool,
    locked: bool,
    actors: [Actor; 3],
    /// A packet has found the limit reached before the reset.
    found_due: bool,
    /// The counter had reached the limit when the reset took its part.
    crossed_before: bool,
    taken: u64,
    counted: u64,
    under: u64,
    events: Vec<u64>,
    violation: Option<&'static str>,
}

const RESETTER: usize = 2;

impl World {
    fn new(setting: &Setting) -> Self {
        let actor = |at, left| Actor {
            at,
            left,
            sum: 0,
            total: 0,
            exceeded: false,
            event_due: false,
        };
        let sender = |cpu: usize| actor(At::Add, setting.packets[cpu]);
        let resetter = if setting.reset {
            At::ResetRead(0)
        } else {
            At::Done
        };
        Self {
            cells: [0; 2],
            buffered: [0; 2],
            waited: [0; 2],
            bounds: [0; 2],
            base: setting.start,
            exceeded: false,
            reported: false,
            due: false,
            open: false,
            locked: false,
            actors: [sender(0), sender(1), actor(resetter, 0)],
            found_due: false,
            crossed_before: false,
            taken: 0,
            counted: 0,
            under: 0,
            events: Vec::new(),
            violation: None,
        }
    }

    fn quota(setting: &Setting) -> Quota {
        Quota {
            unit: Unit::Packets,
            limit: setting.limit,
        }
    }

    fn drain(&mut self, cpu: usize) {
        self.cells[cpu] += 1;
        self.buffered[cpu] -= 1;
        self.waited[cpu] = 0;
    }

    /// Takes the lock, which empties the CPU's own store buffer; false if it cannot be had now.
    fn lock(&mut self, setting: &Setting, who: usize) -> bool {
        let others_wait = (0..2).any(|cpu| {
            cpu != who && self.buffered[cpu] > 0 && self.waited[cpu] >= setting.patience
        });
        if self.locked || others_wait {
            return false;
        }
        self.locked = true;
        if who < 2 {
            while self.buffered[who] > 0 {
                self.drain(who);
            }
        }
        true
    }

    fn unlock(&mut self, who: usize) {
        self.locked = false;
        for cpu in 0..2 {
            if cpu != who && self.buffered[cpu] > 0 {
                self.waited[cpu] = self.waited[cpu].saturating_add(1);
            }
        }
    }

    fn judged(&mut self, setting: &Setting, who: usize, exceeded: bool) {
        let value = setting.start + self.counted;
        if exceeded && !setting.reset && value <= setting.limit {
            self.violation = Some("a packet matched below the limit");
        }
        self.under += u64::from(!exceeded);
        if !setting.reset && setting.start + self.under > setting.limit {
            self.violation = Some("a packet above the limit did not match");
        }
        let actor = &mut self.actors[who];
        actor.left -= 1;
        actor.at = if actor.left == 0 { At::Done } else { At::Add };
    }

    fn begin_settle(&mut self, who: usize) {
        self.actors[who].at = if self.open {
            At::CloseFirst(0)
        } else {
            At::Sum(0)
        };
        self.actors[who].sum = self.base;
    }

    fn settled(&mut self, setting: &Setting, who: usize) {
        let quota = Self::quota(setting);
        let reported = self.reported;
        let actor = &mut self.actors[who];
        actor.exceeded = quota.is_exceeded(actor.total);
        actor.event_due = quota.is_reached(actor.total) && !reported;
        let event_due = actor.event_due;
        if who != RESETTER {
            self.due |= event_due;
            self.found_due |= event_due && self.taken == 0;
        }
        if who == RESETTER && event_due {
            actor.sum = self.base;
            actor.at = At::LeftNonzero(0);
            return;
        }
        self.unlock(who);
        self.after_settling(setting, who, event_due);
    }

    fn after_settling(&mut self, setting: &Setting, who: usize, event_due: bool) {
        if event_due {
            self.actors[who].at = At::EventLock;
        } else {
            self.finish(setting, who);
        }
    }

    fn finish(&mut self, setting: &Setting, who: usize) {
        if who == RESETTER {
            self.actors[who].at = At::Done;
        } else {
            let exceeded = self.actors[who].exceeded;
            self.judged(setting, who, exceeded);
        }
    }

    /// Does the next step of an actor; false if it has none or has to wait.
    fn step(&mut self, setting: &Setting, who: usize) -> bool {
        let quota = Self::quota(setting);
        let next =
            |cpu: usize, step: fn(usize) -> At, last: At| if cpu == 0 { step(1) } else { last };
        match self.actors[who].at {
            At::Done => return false,
            At::Add => {
                if self.buffered[who] == setting.buffer {
                    return false;
                }
                self.buffered[who] += 1;
                self.counted += 1;
                self.actors[who].at = At::ReadBound;
            }
            At::ReadBound => self.actors[who].at = At::ReadCell(self.bounds[who]),
            At::ReadCell(bound) => {
                let own = self.cells[who] + u64::from(self.buffered[who]);
                self.actors[who].at = if own < bound { At::Exceeded } else { At::Lock };
            }
            At::Exceeded => self.judged(setting, who, self.exceeded),
            At::Lock => {
                if !self.lock(setting, who) {
                    return false;
                }
                if who == RESETTER {
                    let read = self.actors[who].total;
                    if self.due && !self.reported && quota.is_reached(read) {
                        self.events.push(read);
                    } else if self.found_due && quota.is_reached(read) && self.events.is_empty() {
                        self.violation = Some("a crossing that a packet had found raised no event");
                    }
                    self.crossed_before = setting.start + self.counted >= setting.limit;
                    self.base = self.base.wrapping_sub(read);
                    self.taken += read;
                    self.reported = false;
                    self.due = false;
                } else if self.cells[who] < self.bounds[who] {
                    self.actors[who].exceeded = self.exceeded;
                    self.unlock(who);
                    self.finish(setting, who);
                    return true;
                }
                self.begin_settle(who);
            }
            At::CloseFirst(cpu) => {
                self.bounds[cpu] = self.cells[cpu];
                self.actors[who].at = next(cpu, At::CloseFirst, At::Sum(0));
                self.open &= cpu == 0;
                self.exceeded &= !setting.forgetful;
            }
            At::Sum(cpu) => {
                let actor = &mut self.actors[who];
                actor.sum = actor.sum.wrapping_add(self.cells[cpu]);
                actor.at = At::Sum(1);
                if cpu == 1 {
                    actor.total = actor.sum;
                    let total = actor.total;
                    let outlook = quota.outlook_with(setting.margin, total, self.reported, 2);
                    if outlook.is_none() {
                        self.settled(setting, who);
                    } else {
                        self.actors[who].sum = self.base;
                        self.actors[who].at = At::Close(0);
                    }
                }
            }
            At::Close(cpu) => {
                self.bounds[cpu] = self.cells[cpu];
                let actor = &mut self.actors[who];
                actor.sum = actor.sum.wrapping_add(self.cells[cpu]);
                actor.at = At::Close(1);
                if cpu == 1 {
                    actor.total = actor.sum;
                    let total = actor.total;
                    match quota.outlook_with(setting.margin, total, self.reported, 2) {
                        None => self.settled(setting, who),
                        Some(outlook) => {
                            self.exceeded = outlook.exceeded;
                            self.actors[who].at = At::Open(0, outlook.allowance.min(setting.most));
                        }
                    }
                }
            }
            At::Open(cpu, allowance) => {
                self.bounds[cpu] += allowance;
                if cpu == 0 {
                    self.actors[who].at = At::Open(1, allowance);
                } else {
                    self.open = true;
                    self.settled(setting, who);
                }
            }
            At::LeftNonzero(cpu) => {
                let actor = &mut self.actors[who];
                actor.sum = actor.sum.wrapping_add(self.cells[cpu]);
                actor.at = At::LeftNonzero(1);
                if cpu == 1 {
                    let event_due = actor.sum != 0;
                    self.unlock(who);
                    self.after_settling(setting, who, event_due);
                }
            }
            At::EventLock => {
                if !self.lock(setting, who) {
                    return false;
                }
                self.actors[who].sum = self.base;
                self.actors[who].at = At::Event(0);
            }
            At::Event(cpu) => {
                let actor = &mut self.actors[who];
                actor.sum = actor.sum.wrapping_add(self.cells[cpu]);
                actor.at = At::Event(1);
                if cpu == 1 {
                    let sum = actor.sum;
                    if !self.reported && quota.is_reached(sum) {
                        self.reported = true;
                        self.events.push(sum);
                    }
                    self.unlock(who);
                    self.finish(setting, who);
                }
            }
            At::ResetRead(cpu) => {
                if cpu == 0 {
                    self.actors[who].sum = self.base;
                }
                let actor = &mut self.actors[who];
                actor.sum = actor.sum.wrapping_add(self.cells[cpu]);
                actor.total = actor.sum;
                actor.at = next(cpu, At::ResetRead, At::Lock);
            }
        }
        true
    }

    fn check_end(&mut self, setting: &Setting) {
        let left = self.base.wrapping_add(self.cells[0] + self.cells[1]);
        if left + self.taken != setting.start + self.counted {
            self.violation = Some("packets were lost or invented");
        }
        if self.events.iter().any(|value| *value < setting.limit) {
            self.violation = Some("an event below the limit");
        }
        if (left >= setting.limit) != self.reported {
            self.violation = Some("reached without an event, or the other way round");
        }
        let crossings = u64::from(self.crossed_before) + u64::from(left >= setting.limit);
        if self.events.len() as u64 > crossings {
            self.violation = Some("more events than crossings");
        }
    }
}
