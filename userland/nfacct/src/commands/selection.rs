// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects chosen by patterns.

use nfacct_netlink::{Client, Error, Filter, List, Name, Object, Transport};

use crate::pattern::{Pattern, any_matches};

/// The request for a list with this filter.
pub(super) fn request(filter: Option<Filter>) -> List {
    filter.map_or(List::new(), |filter| List::new().filter(filter))
}

/// The objects whose names match any of the patterns, in the order of their creation.
///
/// A list without a reset can simply be repeated if the table changed meanwhile.
pub(super) fn objects(
    client: &mut Client<impl Transport>,
    request: &List,
    patterns: &[Pattern],
) -> Result<Vec<Object>, Error> {
    const TRIES: usize = 5;
    let mut tries = 1;
    loop {
        let mut objects = Vec::new();
        let listed = client.for_each(request, |object| {
            if any_matches(patterns, object.name) {
                objects.push(object.to_object());
            }
        });
        match listed {
            Err(Error::DumpInterrupted) if tries < TRIES => tries += 1,
            other => return other.map(|()| objects),
        }
    }
}

/// The names of the objects that pass the filter and match.
pub(super) fn names(
    client: &mut Client<impl Transport>,
    patterns: &[Pattern],
    filter: Option<Filter>,
) -> Result<Vec<Name>, Error> {
    let objects = objects(client, &request(filter), patterns)?;
    Ok(objects.into_iter().map(|object| object.name).collect())
}
