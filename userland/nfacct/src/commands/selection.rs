// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects chosen by patterns.

use nfacct_netlink::{Client, Error, Filter, List, Name, Transport};

use crate::pattern::{Pattern, any_matches};

/// The request for a list with this filter.
pub(super) fn request(filter: Option<Filter>) -> List {
    filter.map_or(List::new(), |filter| List::new().filter(filter))
}

/// Names of the objects that pass the filter and match any of the patterns, in the order of their creation.
pub(super) fn names(
    client: &mut Client<impl Transport>,
    patterns: &[Pattern],
    filter: Option<Filter>,
) -> Result<Vec<Name>, Error> {
    let mut names = Vec::new();
    client.for_each(&request(filter), |object| {
        if any_matches(patterns, object.name) {
            names.push(object.to_object().name);
        }
    })?;
    Ok(names)
}
