// SPDX-License-Identifier: GPL-2.0-only
//! What a table is and what each step does to it: the rules of the interface,
//! written down once more and without any regard for speed.

use super::history::{Seen, Step, NAMES};
use crate::wire::consts::*;
use crate::wire::Object;

/// A deliberate mistake, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// NEW with REPLACE keeps the over-quota bit.
    ReplaceKeepsTheBit,
    /// The event comes above the quota instead of at it.
    EventAboveQuota,
    /// A flush deletes what rules refer to.
    FlushTakesAll,
}

/// The table, and the rules that refer to its objects.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// In the order of creation.
    objects: Vec<Object>,
    /// Names of the objects that each family's rules count for.
    rules: [Vec<u8>; 2],
    /// What is wrong with this model.
    mistake: Option<Mistake>,
}

impl Table {
    /// An empty table that makes this mistake, or none.
    pub fn new(mistake: Option<Mistake>) -> Self {
        Self {
            mistake,
            ..Self::default()
        }
    }

    fn position(&self, name: u8) -> Option<usize> {
        let name = NAMES[usize::from(name)].as_bytes();
        self.objects.iter().position(|o| o.name == name)
    }

    /// Does a step and tells what the kernel has to answer.
    pub fn apply(&mut self, step: &Step) -> Seen {
        match step {
            Step::New { .. } => Seen::errno(self.create(step)),
            Step::Get { name, reset } => self.get(*name, *reset),
            Step::Del { name } => Seen::errno(self.delete(*name)),
            Step::Flush => {
                let all = self.mistake == Some(Mistake::FlushTakesAll);
                self.objects.retain(|o| o.uses > 1 && !all);
                Seen::errno(0)
            }
            Step::List { reset, filter } => self.list(*reset, *filter),
            Step::Rules { v6, names } => Seen::errno(self.set_rules(*v6, names)),
            Step::Send { v6, count, len } => self.packets(*v6, *count, *len),
        }
    }

    fn create(&mut self, step: &Step) -> i32 {
        let Step::New {
            name,
            flags,
            kind,
            quota,
            start,
        } = step
        else {
            return 0;
        };
        if kind.is_some_and(|kind| kind & !(F_PKTS | F_BYTES) != 0) {
            return libc::EINVAL;
        }
        if NAMES[usize::from(*name)].is_empty() {
            return libc::EINVAL;
        }
        if let Some(at) = self.position(*name) {
            if flags & EXCL != 0 {
                return libc::EEXIST;
            }
            if flags & REPLACE == 0 {
                return libc::EBUSY;
            }
            let keep = self.mistake == Some(Mistake::ReplaceKeepsTheBit);
            zero(&mut self.objects[at], keep);
            return 0;
        }
        let kind = kind.unwrap_or(0);
        if kind == F_PKTS | F_BYTES || (kind != 0 && quota.is_none()) {
            return libc::EINVAL;
        }
        self.objects.push(Object {
            name: NAMES[usize::from(*name)].into(),
            pkts: start.0,
            bytes: start.1,
            uses: 1,
            flags: (kind != 0).then_some(kind),
            quota: quota.filter(|_| kind != 0),
        });
        0
    }

    fn get(&mut self, name: u8, reset: bool) -> Seen {
        let Some(at) = self.position(name) else {
            return Seen::errno(libc::ENOENT);
        };
        let seen = Seen {
            objects: vec![self.objects[at].clone()],
            ..Seen::errno(0)
        };
        if reset {
            zero(&mut self.objects[at], false);
        }
        seen
    }

    fn delete(&mut self, name: u8) -> i32 {
        match self.position(name) {
            None => libc::ENOENT,
            Some(at) if self.objects[at].uses > 1 => libc::EBUSY,
            Some(at) => {
                self.objects.remove(at);
                0
            }
        }
    }

    fn list(&mut self, reset: bool, filter: Option<(u32, u32)>) -> Seen {
        let mut objects = Vec::new();
        for object in &mut self.objects {
            let flags = object.flags.unwrap_or(0);
            if filter.is_some_and(|(mask, value)| flags & mask != value) {
                continue;
            }
            objects.push(object.clone());
            if reset {
                zero(object, false);
            }
        }
        Seen {
            objects,
            ..Seen::default()
        }
    }

    fn set_rules(&mut self, v6: bool, names: &[u8]) -> i32 {
        if names.iter().any(|n| self.position(*n).is_none()) {
            return libc::ENOENT;
        }
        let old = std::mem::replace(&mut self.rules[usize::from(v6)], names.to_vec());
        for name in names {
            let at = self.position(*name).expect("looked up above");
            self.objects[at].uses += 1;
        }
        for name in old {
            // Rules keep their objects, so they are all there.
            if let Some(at) = self.position(name) {
                self.objects[at].uses -= 1;
            }
        }
        0
    }

    fn packets(&mut self, v6: bool, count: u64, len: u64) -> Seen {
        let mut events = Vec::new();
        let above = self.mistake == Some(Mistake::EventAboveQuota);
        for _ in 0..count {
            for name in self.rules[usize::from(v6)].clone() {
                let Some(at) = self.position(name) else {
                    continue;
                };
                let object = &mut self.objects[at];
                object.pkts = object.pkts.wrapping_add(1);
                object.bytes = object.bytes.wrapping_add(len);
                let (Some(flags), Some(quota)) = (object.flags, object.quota) else {
                    continue;
                };
                let now = if flags & F_PKTS != 0 {
                    object.pkts
                } else {
                    object.bytes
                };
                let reached = if above { now > quota } else { now >= quota };
                if reached && flags & F_OVER == 0 {
                    object.flags = Some(flags | F_OVER);
                    events.push(object.clone());
                }
            }
        }
        Seen {
            events,
            ..Seen::default()
        }
    }
}

fn zero(object: &mut Object, keep_bit: bool) {
    (object.pkts, object.bytes) = (0, 0);
    if !keep_bit {
        object.flags = object.flags.map(|f| f & !F_OVER);
    }
}
