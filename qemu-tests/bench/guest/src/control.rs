// SPDX-License-Identifier: GPL-2.0-only
//! What requests cost, and how that grows with the number of objects.

use crate::netlink::{batches, Request, Socket};
use crate::report::{cost, figure, fresh_namespace, settle};
use crate::{driver, resources};

/// Lookups over which the cost of one is averaged.
const LOOKUPS: u64 = 100;

/// Names that differ early: hexadecimal digits, as of a hash.
pub fn hash_name(n: u32) -> String {
    format!("{:08x}", n.wrapping_add(1).wrapping_mul(0x9e37_79b1))
}

/// Names that differ at the end only, as people choose them.
fn prefix_name(n: u32) -> String {
    format!("acct-{n}")
}

/// Batches of one request for each name.
fn for_each(count: u32, name: fn(u32) -> String, request: fn(&str) -> Request) -> Vec<Vec<u8>> {
    let requests: Vec<_> = (0..count).map(|n| request(&name(n))).collect();
    batches(&requests)
}

fn filled(count: u32, name: fn(u32) -> String) -> Socket {
    fresh_namespace();
    let socket = Socket::open();
    socket.send_all(&for_each(count, name, Request::add));
    socket
}

fn exchange(socket: &Socket, name: &str) -> u64 {
    let request = Request::get(name);
    let mut buffer = [0; 4096];
    let all = cost(|| (0..LOOKUPS).for_each(|_| socket.ask(&request, &mut buffer)));
    all / LOOKUPS
}

/// Adds with names of both kinds, and what is looked up by name.
pub fn linear(count: u32) {
    fresh_namespace();
    let socket = Socket::open();
    let adds = for_each(count, prefix_name, Request::add);
    figure(
        &format!("add.prefix.{count}"),
        cost(|| socket.send_all(&adds)),
    );
    let last = prefix_name(count - 1);
    figure(
        &format!("get.first.{count}"),
        exchange(&socket, &prefix_name(0)),
    );
    figure(&format!("get.last.{count}"), exchange(&socket, &last));
    figure(
        &format!("rule.first.{count}"),
        driver::net(&format!("rule 20 {}", prefix_name(0))),
    );
    figure(
        &format!("rule.last.{count}"),
        driver::net(&format!("rule 20 {last}")),
    );
    let deletes = for_each(count, prefix_name, Request::delete);
    figure(
        &format!("delete.oldest.{count}"),
        cost(|| socket.send_all(&deletes)),
    );
    assert_eq!(socket.dump(&Request::dump(), 8192), 0);
}

/// Adds and deletes in the order that is worst for a list.
pub fn quadratic(count: u32) {
    fresh_namespace();
    let socket = Socket::open();
    let adds = for_each(count, hash_name, Request::add);
    figure(
        &format!("add.hash.{count}"),
        cost(|| socket.send_all(&adds)),
    );
    let requests: Vec<_> = (0..count)
        .rev()
        .map(|n| Request::delete(&hash_name(n)))
        .collect();
    let deletes = batches(&requests);
    figure(
        &format!("delete.newest.{count}"),
        cost(|| socket.send_all(&deletes)),
    );
    assert_eq!(socket.dump(&Request::dump(), 8192), 0);
}

/// Dumps, each on a socket of its own: the kernel sizes its parts by the largest
/// read that it has seen.
pub fn dumps(count: u32) {
    drop(filled(count, hash_name));
    let dump = |what: &str, request: &Request, size, expected| {
        let socket = Socket::open();
        let spent = cost(|| assert_eq!(socket.dump(request, size), expected, "{what}"));
        figure(&format!("{what}.{count}"), spent);
    };
    dump("dump.8k", &Request::dump(), 8192, count);
    dump("dump.32k", &Request::dump(), 32768, count);
    dump("dump.reset", &Request::reset_dump(), 32768, count);
    dump("dump.filtered", &Request::filtered_dump(), 8192, 0);
    let socket = Socket::open();
    let flush = batches(&[Request::flush()]);
    figure(&format!("flush.{count}"), cost(|| socket.send_all(&flush)));
    assert_eq!(socket.dump(&Request::dump(), 8192), 0);
}

/// One pass over very many objects.
pub fn many(count: u32) {
    fresh_namespace();
    let socket = Socket::open();
    let before = resources::Used::now();
    let adds = for_each(count, prefix_name, Request::add);
    figure("many.objects", count);
    figure("many.add", cost(|| socket.send_all(&adds)));
    drop(adds);
    settle();
    resources::Used::now().report_since(&before, "many", count);
    let dump = |what: &str, request: &Request| {
        let socket = Socket::open();
        figure(
            what,
            cost(|| assert_eq!(socket.dump(request, 32768), count)),
        );
    };
    dump("many.dump", &Request::dump());
    dump("many.reset-dump", &Request::reset_dump());
    let half = count / 2;
    let deletes = for_each(half, prefix_name, Request::delete);
    figure("many.delete-half", cost(|| socket.send_all(&deletes)));
    let flush = batches(&[Request::flush()]);
    figure("many.flush-rest", cost(|| socket.send_all(&flush)));
    assert_eq!(socket.dump(&Request::dump(), 8192), 0);
}
