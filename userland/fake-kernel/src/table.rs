// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of objects and the rules of the C module for it.

/// Flag bits of an object.
const PACKETS: u32 = 1;
const BYTES: u32 = 2;
const OVER: u32 = 4;

/// Error numbers.
pub(crate) const ENOENT: i32 = 2;
pub(crate) const ENOMEM: i32 = 12;
pub(crate) const EBUSY: i32 = 16;
pub(crate) const EEXIST: i32 = 17;
pub(crate) const EINVAL: i32 = 22;

/// One accounting object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Name without NUL.
    pub name: Vec<u8>,
    /// Packets counted.
    pub packets: u64,
    /// Bytes counted.
    pub bytes: u64,
    /// 1 + number of rules.
    pub references: u32,
    /// Flags and limit of a quota object.
    pub quota: Option<(u32, u64)>,
}

impl Object {
    /// Counts a packet; true if the quota was reached just now.
    pub(crate) fn count(&mut self, size: u64) -> bool {
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(size);
        let value = if self.flags() & PACKETS != 0 {
            self.packets
        } else {
            self.bytes
        };
        match &mut self.quota {
            Some((flags, limit)) if *flags & OVER == 0 && value >= *limit => {
                *flags |= OVER;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn flags(&self) -> u32 {
        self.quota.map_or(0, |(flags, _)| flags)
    }

    fn reset(&mut self) {
        self.packets = 0;
        self.bytes = 0;
        if let Some((flags, _)) = &mut self.quota {
            *flags &= !OVER;
        }
    }
}

/// What a request says about an object.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) flags: u32,
    pub(crate) limit: Option<u64>,
    pub(crate) filter: Option<(Option<u32>, Option<u32>)>,
}

#[derive(Default)]
pub(crate) struct Table(Vec<Object>);

impl Table {
    pub(crate) fn all(&self) -> &[Object] {
        &self.0
    }

    pub(crate) fn find(&mut self, name: &[u8]) -> Option<&mut Object> {
        self.0.iter_mut().find(|object| object.name == name)
    }

    pub(crate) fn create(&mut self, wanted: &Wanted, exclusive: bool, replace: bool) -> Result<(), i32> {
        let name = wanted.name.clone().ok_or(EINVAL)?;
        if name.is_empty() {
            return Err(EINVAL);
        }
        if let Some(object) = self.find(&name) {
            return match (exclusive, replace) {
                (true, _) => Err(EEXIST),
                (false, true) => {
                    object.reset();
                    Ok(())
                }
                (false, false) => Err(EBUSY),
            };
        }
        let quota = match (wanted.flags, wanted.limit) {
            (0, _) => None,
            (PACKETS | BYTES, Some(limit)) => Some((wanted.flags, limit)),
            _ => return Err(EINVAL),
        };
        self.0.push(Object {
            name,
            packets: wanted.packets,
            bytes: wanted.bytes,
            references: 1,
            quota,
        });
        Ok(())
    }

    pub(crate) fn get(&mut self, wanted: &Wanted, reset: bool) -> Result<Object, i32> {
        let name = wanted.name.as_ref().ok_or(EINVAL)?;
        let object = self.find(name).ok_or(ENOENT)?;
        let before = object.clone();
        if reset {
            object.reset();
        }
        Ok(before)
    }

    pub(crate) fn dump(&mut self, wanted: &Wanted, reset: bool) -> Result<Vec<Object>, i32> {
        let (mask, value) = match wanted.filter {
            None => (0, 0),
            Some((Some(mask), Some(value))) => (mask, value),
            Some(_) => return Err(EINVAL),
        };
        let chosen = self.0.iter_mut().filter(|object| object.flags() & mask == value);
        Ok(chosen
            .map(|object| {
                let before = object.clone();
                if reset {
                    object.reset();
                }
                before
            })
            .collect())
    }

    pub(crate) fn delete(&mut self, wanted: &Wanted) -> Result<(), i32> {
        let Some(name) = &wanted.name else {
            self.0.retain(|object| object.references > 1);
            return Ok(());
        };
        if self.find(name).ok_or(ENOENT)?.references > 1 {
            return Err(EBUSY);
        }
        self.0.retain(|object| object.name != *name);
        Ok(())
    }
}
