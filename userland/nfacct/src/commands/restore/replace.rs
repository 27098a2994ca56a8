// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes the changes of a restore, a few at a time: what has to go is deleted just before its successor is created, and
//! comes back if that fails.

use nfacct_netlink::{Client, Error as KernelError, NewObject, Transport};

use super::plan::Change;
use crate::{commands::add::EXISTS, error::Error};

/// Replaces and creates these objects. Refusals are added to `refused` with the lines of the objects.
pub(super) fn apply(
    client: &mut Client<impl Transport>,
    changes: &[Change],
    refused: &mut Vec<(usize, String)>,
) -> Result<(), Error> {
    const ENOENT: i32 = 2;
    let mut deleted = Vec::new();
    for change in changes {
        let Some(old) = &change.old else { continue };
        match client.delete(old.name()) {
            Ok(()) => deleted.push(old),
            // Somebody else deleted it.
            Err(KernelError::Kernel(refusal)) if refusal.errno == ENOENT => {}
            Err(error) => {
                // Without an answer nobody knows whether it is there.
                if !matches!(error, KernelError::Kernel(_)) {
                    deleted.push(old);
                }
                let error = Error::object(old.name())(error);
                return Err(with_lost(error, bring_back(client, &deleted)));
            }
        }
    }
    let objects: Vec<NewObject> = changes.iter().map(|change| change.new).collect();
    let mut missing = Vec::new();
    let created = client.create_all(&objects, |index, error| {
        if let Some(change) = changes.get(index) {
            refused.push((change.line, error.to_string()));
            missing.extend(change.old.as_ref().filter(|old| deleted.contains(old)));
        }
    });
    match created {
        Ok(()) => {
            refused.extend(bring_back(client, &missing));
            Ok(())
        }
        // Which of them were created is unknown.
        Err(error) => Err(with_lost(error.into(), bring_back(client, &deleted))),
    }
}

/// Creates objects again; returns those that could not be, with all that is known of them. One that is there stays as it
/// is.
fn bring_back(client: &mut Client<impl Transport>, objects: &[&NewObject]) -> Vec<(usize, String)> {
    let mut lost = Vec::new();
    for object in objects {
        match client.create(object) {
            Ok(()) => {}
            Err(KernelError::Kernel(refusal)) if EXISTS.contains(&refusal.errno) => {}
            Err(error) => lost.push((
                0,
                format!("cannot create {} again: {error}; it was: {object:?}", object.name()),
            )),
        }
    }
    lost
}

fn with_lost(error: Error, lost: Vec<(usize, String)>) -> Error {
    if lost.is_empty() {
        error
    } else {
        Error::Several(vec![error, Error::Lines(lost)])
    }
}
