// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers from the kernel: whatever bytes come, there is a value or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nfacct_netlink::{Client, Family, List, Monitor, Name, NewObject, transport::Recorded};

fuzz_target!(|bytes: &[u8]| {
    let client = || Client::with_sequence(Recorded::new(7).datagram(bytes), 1);
    let name = Name::truncated(b"web");
    let _ = client().get(&name);
    let _ = client().create(&NewObject::new(name));
    let _ = client().create_all(&[NewObject::new(name); 3], |index, _| assert!(index < 3));
    let _ = client().take(&name);
    // An error ends a list; a reset delivers what comes after it as well.
    let objects = |list: List| {
        let mut objects = Vec::new();
        let result = client().for_each(&list, |object| objects.push(object.to_object()));
        (objects, result.is_ok())
    };
    let ((plain, fine), (reset, also_fine)) = (objects(List::new()), objects(List::new().reset()));
    assert!(reset.starts_with(&plain) && fine == also_fine);
    assert!(!fine || reset.len() == plain.len());
    let _ = client().match_revision(Family::Ip, 1);
    for object in client().list(&List::new()).unwrap_or_default() {
        assert!(!object.name.as_bytes().is_empty());
    }
    let mut monitor = Monitor::subscribe(Recorded::new(7).datagram(bytes)).unwrap();
    let _ = monitor.next_event();
});
