// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client against a model of the kernel: what was asked for is what is in the table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

use fake_kernel::FakeKernel;
use nfacct_netlink::{Client, Error, Family, Filter, List, Monitor, Name, NewObject, QuotaKind};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn errno<R: std::fmt::Debug>(result: Result<R, Error>) -> i32 {
    match result {
        Err(Error::Kernel(refusal)) => refusal.errno,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_life_of_an_object() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    client.create(&NewObject::new(name("web")).counters(3, 400)).unwrap();
    assert_eq!(errno(client.create(&NewObject::new(name("web")))), 16);

    kernel.packet("web", 100);
    assert_eq!(client.get(&name("web")).unwrap().packets, 4);
    let taken = client.take(&name("web")).unwrap();
    assert_eq!((taken.packets, taken.bytes), (4, 500));
    assert_eq!(client.get(&name("web")).unwrap().bytes, 0);

    kernel.rule("web", true);
    assert_eq!(errno(client.delete(&name("web"))), 16);
    client.delete_all().unwrap();
    assert_eq!(client.get(&name("web")).unwrap().references, Some(2));
    kernel.rule("web", false);
    client.delete(&name("web")).unwrap();
    assert_eq!(errno(client.get(&name("web"))), 2);
}

#[test]
fn filters_and_reset() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    client.create(&NewObject::new(name("plain"))).unwrap();
    client
        .create(&NewObject::new(name("p")).quota(QuotaKind::Packets, 1))
        .unwrap();
    client
        .create(&NewObject::new(name("b")).quota(QuotaKind::Bytes, 1000))
        .unwrap();
    kernel.packet("p", 10);

    let mut names = |filter| -> Vec<String> {
        let objects = client.list(&List::new().filter(filter)).unwrap();
        objects.iter().map(|object| object.name.to_string()).collect()
    };
    assert_eq!(names(Filter::PLAIN), ["plain"]);
    assert_eq!(names(Filter::PACKET_QUOTA), ["p"]);
    assert_eq!(names(Filter::BYTE_QUOTA), ["b"]);
    assert_eq!(names(Filter::OVER_QUOTA), ["p"]);

    let reset = client.list(&List::new().filter(Filter::OVER_QUOTA).reset()).unwrap();
    assert!(reset[0].quota.unwrap().exceeded, "told as it was before");
    assert_eq!(client.list(&List::new().filter(Filter::OVER_QUOTA)).unwrap(), []);
}

#[test]
fn replace_resets() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    client.create(&NewObject::new(name("a")).counters(1, 2)).unwrap();
    client
        .create(&NewObject::new(name("a")).counters(5, 6).replace())
        .unwrap();
    assert_eq!(client.get(&name("a")).unwrap().packets, 0);
}

#[test]
fn a_thousand_objects_in_order() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    let names: Vec<String> = (0..1000).map(|n| format!("o{:04}", n * 7919 % 1000)).collect();
    for n in &names {
        client.create(&NewObject::new(name(n))).unwrap();
    }
    let mut seen = Vec::new();
    client
        .for_each(&List::new(), |object| {
            seen.push(String::from_utf8(object.name.to_vec()).unwrap());
        })
        .unwrap();
    assert_eq!(seen, names);
}

#[test]
fn refusals_explain_themselves() {
    let kernel = FakeKernel::new();
    kernel.refuse(Some(1));
    let mut client = Client::new(kernel.socket());
    let error = client.get(&name("a")).unwrap_err();
    assert_eq!(error.errno(), 1);
    assert_eq!(
        error.to_string(),
        "Operation not permitted (refused by the fake kernel) [attribute Name]"
    );
    let join = Monitor::subscribe(kernel.socket()).err().unwrap();
    assert_eq!(join.errno(), 1);
}

#[test]
fn an_event_per_reached_quota() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    let mut monitor = Monitor::subscribe(kernel.socket()).unwrap();
    client
        .create(&NewObject::new(name("p")).quota(QuotaKind::Packets, 2))
        .unwrap();
    for _ in 0..5 {
        kernel.packet("p", 50);
    }
    let event = monitor.next_event().unwrap();
    assert_eq!((event.name, event.packets), (name("p"), 2));
    assert!(event.quota.unwrap().exceeded);
    client.take(&name("p")).unwrap();
    kernel.packet("p", 50);
    kernel.packet("p", 50);
    assert_eq!(monitor.next_event().unwrap().bytes, 100);
}

#[test]
fn batches_create_all_and_name_the_refused() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    for taken in [0, 99, 100, 249] {
        client.create(&NewObject::new(name(&format!("o{taken}")))).unwrap();
    }
    let objects: Vec<_> = (0..250)
        .map(|n| NewObject::new(name(&format!("o{n}"))).counters(n, 0))
        .collect();
    let mut refused = Vec::new();
    client
        .create_all(&objects, |index, error| refused.push((index, error.errno)))
        .unwrap();
    assert_eq!(refused, [(0, 16), (99, 16), (100, 16), (249, 16)]);
    assert_eq!(kernel.objects().len(), 250);
    assert_eq!(client.get(&name("o248")).unwrap().packets, 248);

    client.create_all(&[], |_, _| panic!("nothing to refuse")).unwrap();
}

#[test]
fn revisions_of_the_match() {
    let kernel = FakeKernel::new();
    let mut client = Client::new(kernel.socket());
    assert_eq!(errno(client.match_revision(Family::Ip, 0)), 22);
    kernel.nft_compat(&[0, 1]);
    assert!(client.match_revision(Family::Ip, 1).unwrap());
    assert!(!client.match_revision(Family::Ip6, 2).unwrap());
}
