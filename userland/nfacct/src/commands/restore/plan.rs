// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a restore will do, worked out and checked before anything is changed.

use std::collections::HashMap;

use nfacct_netlink::{Client, List, Name, NewObject, Object, Transport};

use super::{super::selection::objects as objects_of, list_line, modern::Exist};
use crate::{
    error::Error,
    save_file::{self, Line},
};

/// An object of the input and the line where it stands.
type Numbered = (usize, NewObject);

/// Understands a whole input, in our format or in that of `list`; reports every line that is wrong.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Numbered>, Error> {
    let mut objects = Vec::new();
    let mut wrong = Vec::new();
    let mut end = None;
    let mut lines = HashMap::new();
    for (number, line) in (1..).zip(text.split(|&b| b == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() || line.starts_with(b"#") {
            continue;
        }
        if end.is_some() {
            wrong.push((number, "comes after the end".to_owned()));
        }
        let parsed = if line.starts_with(b"{") {
            list_line::parse_line(line)
                .map(Line::Object)
                .map_err(|_| "is not a line of the output of 'list'")
        } else {
            save_file::parse(line)
        };
        match parsed {
            Ok(Line::Object(object)) => {
                if let Some(first) = lines.insert(*object.name(), number) {
                    wrong.push((number, format!("has the same name as line {first}")));
                }
                objects.push((number, object));
            }
            Ok(Line::End(count)) => end = Some(count),
            Err(what) => wrong.push((number, what.to_owned())),
        }
    }
    let saved = text.starts_with(save_file::HEADER.as_bytes());
    match end {
        None if saved => wrong.push((0, "the end is missing: the file was cut".to_owned())),
        Some(count) if count != objects.len() && wrong.is_empty() => {
            wrong.push((0, format!("{count} objects were saved, but {} are here", objects.len())));
        }
        _ => {}
    }
    if wrong.is_empty() {
        Ok(objects)
    } else {
        Err(Error::Lines(wrong))
    }
}

/// A change to make.
pub(super) struct Change {
    /// Line of the input where the object stands.
    pub(super) line: usize,
    /// The object to create.
    pub(super) new: NewObject,
    /// The object that has to go first, as it would be created again.
    pub(super) old: Option<NewObject>,
}

/// Compares with the objects that exist; reports every conflict.
pub(super) fn make(
    client: &mut Client<impl Transport>,
    objects: Vec<Numbered>,
    exist: Exist,
) -> Result<Vec<Change>, Error> {
    let existing: HashMap<Name, Object> = objects_of(client, &List::new(), &[])?
        .into_iter()
        .map(|object| (object.name, object))
        .collect();
    let mut changes = Vec::new();
    let mut wrong = Vec::new();
    for (line, mut new) in objects {
        let old = existing.get(new.name());
        if let Some(old) = old {
            let in_use = old.as_ref().rules().is_some_and(|rules| rules > 0);
            match exist {
                Exist::Ignore => continue,
                Exist::Fail => wrong.push((line, format!("{} exists already", new.name()))),
                Exist::Replace | Exist::Add if in_use => {
                    wrong.push((line, format!("{} exists already and a rule uses it", new.name())));
                }
                Exist::Replace => {}
                Exist::Add => new = new.plus(old.packets, old.bytes),
            }
        }
        changes.push(Change {
            line,
            new,
            old: old.map(again),
        });
    }
    if wrong.is_empty() {
        Ok(changes)
    } else {
        Err(Error::Lines(wrong))
    }
}

/// What creates an object as it is.
fn again(object: &Object) -> NewObject {
    let new = NewObject::new(object.name).counters(object.packets, object.bytes);
    match object.quota {
        Some(quota) => new.quota(quota.kind, quota.limit),
        None => new,
    }
}
