// SPDX-License-Identifier: GPL-2.0-only
//! The accounting match as an nftables rule, through `nft_compat`.

use super::blob::{Family, Hook, Match};
use crate::wire::consts::{ACK, APPEND, BATCH_BEGIN, BATCH_END, CREATE, NESTED, REQUEST};
use crate::wire::{attr_bytes, batch, Msg, Reply, Sock};

const SUBSYS: u16 = 10;
const NEWTABLE: u16 = SUBSYS << 8;
const DELTABLE: u16 = SUBSYS << 8 | 2;
const NEWCHAIN: u16 = SUBSYS << 8 | 3;
const NEWRULE: u16 = SUBSYS << 8 | 6;

/// Names of the table and the chain that [`rule`] makes.
const TABLE: &[u8] = b"acct\0";
const CHAIN: &[u8] = b"c\0";

const fn protocol(family: Family) -> u8 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

fn attr(kind: u16, payload: &[u8]) -> Vec<u8> {
    attr_bytes(kind, payload.len() as u16 + 4, payload)
}

fn nest(kind: u16, inner: &[Vec<u8>]) -> Vec<u8> {
    attr(kind | NESTED, &inner.concat())
}

fn transaction(sock: &Sock, family: Family, body: Vec<Msg>) -> Reply {
    sock.exchange_sized(&framed(family, body), crate::wire::socket::LARGE)
}

/// A batch that nftables takes as one transaction.
fn framed(family: Family, body: Vec<Msg>) -> Vec<u8> {
    let mut all = vec![Msg::new(BATCH_BEGIN, REQUEST).gen(0, 0, SUBSYS)];
    all.extend(body.into_iter().map(|m| m.gen(protocol(family), 0, 0)));
    all.push(Msg::new(BATCH_END, REQUEST).gen(0, 0, SUBSYS));
    batch(&all)
}

/// Adds a chain at a hook, with one rule that holds the match.
pub fn rule(sock: &Sock, family: Family, hook: Hook, m: &Match) -> Reply {
    rules(sock, family, hook, std::slice::from_ref(m))
}

/// Adds a chain at a hook, with one rule for each match, in one transaction.
///
/// Errors come back; success is silent. Nothing remains of a failed call.
pub fn rules(sock: &Sock, family: Family, hook: Hook, matches: &[Match]) -> Reply {
    let bytes = rules_bytes(family, hook, matches);
    sock.exchange_sized(&bytes, crate::wire::socket::LARGE)
}

/// What [`rules`] sends.
pub fn rules_bytes(family: Family, hook: Hook, matches: &[Match]) -> Vec<u8> {
    let number: u32 = match hook {
        Hook::In => 1,
        Hook::Out => 3,
    };
    let hook = nest(
        4,
        &[attr(1, &number.to_be_bytes()), attr(2, &0u32.to_be_bytes())],
    );
    let chain = Msg::new(NEWCHAIN, REQUEST | CREATE)
        .raw(&attr(1, TABLE))
        .raw(&attr(3, CHAIN))
        .raw(&hook)
        .raw(&attr(7, b"filter\0"));
    let mut body = vec![
        Msg::new(NEWTABLE, REQUEST | CREATE).raw(&attr(1, TABLE)),
        chain,
    ];
    body.extend(matches.iter().map(rule_msg));
    framed(family, body)
}

fn rule_msg(m: &Match) -> Msg {
    let data = nest(
        2,
        &[
            attr(1, &[m.name.as_bytes(), &[0]].concat()),
            attr(2, &u32::from(m.revision).to_be_bytes()),
            attr(3, &m.data),
        ],
    );
    let expression = nest(1, &[attr(1, b"match\0"), data]);
    Msg::new(NEWRULE, REQUEST | CREATE | APPEND)
        .raw(&attr(1, TABLE))
        .raw(&attr(2, CHAIN))
        .raw(&nest(4, &[expression]))
}

/// Deletes the table of [`rule`] with everything in it.
pub fn delete(sock: &Sock, family: Family) -> Reply {
    let table = Msg::new(DELTABLE, REQUEST | ACK).raw(&attr(1, TABLE));
    transaction(sock, family, vec![table])
}
