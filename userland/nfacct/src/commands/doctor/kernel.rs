// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel answers.

use nfacct_netlink::{Client, Error, Family, List, Name, Transport};

use super::{Check, Status};
use crate::Context;

const EPERM: i32 = 1;
const EINVAL: i32 = 22;

/// All checks that need a socket.
pub(super) fn checks(context: &mut Context<'_>) -> Vec<Check> {
    let mut client = match context.client() {
        Ok(client) => client,
        Err(error) => return vec![Check::new("socket", Status::Fail, error.to_string())],
    };
    let mut checks = subsystem(&mut client);
    checks.push(nft(&mut client, Family::Ip, "nft-ipv4"));
    checks.push(nft(&mut client, Family::Ip6, "nft-ipv6"));
    checks
}

/// Is the subsystem there, whose is it, and what is in it?
fn subsystem(client: &mut Client<impl Transport>) -> Vec<Check> {
    let objects = match client.list(&List::new()) {
        Ok(objects) => objects,
        Err(error) => return vec![refused(&error)],
    };
    let used = objects
        .iter()
        .filter(|object| object.as_ref().rules() > Some(0))
        .count();
    let over = objects
        .iter()
        .filter(|object| object.quota.is_some_and(|quota| quota.exceeded))
        .count();
    vec![
        Check::new("subsystem", Status::Ok, "nfnetlink_acct answers"),
        implementation(client),
        Check::new(
            "objects",
            Status::Info,
            format!(
                "{} objects, {used} used by rules, {over} over their quota",
                objects.len()
            ),
        ),
    ]
}

fn refused(error: &Error) -> Check {
    let check = Check::new("subsystem", Status::Fail, error.to_string());
    match error.errno() {
        EPERM => check.advice("run it as root, or give the program CAP_NET_ADMIN"),
        EINVAL => check.advice("run \"modprobe nfnetlink_acct\"; the kernel needs CONFIG_NETFILTER_NETLINK_ACCT"),
        _ => check,
    }
}

/// The Rust module explains its refusals, the C module never does.
fn implementation(client: &mut Client<impl Transport>) -> Check {
    let name = Name::truncated(b"\x01nfacct doctor\x01");
    let text = match client.get(&name) {
        Err(Error::Kernel(refusal)) if refusal.message.is_some() => "the Rust module",
        Err(Error::Kernel(_)) => "the C module",
        _ => "unknown",
    };
    Check::new("implementation", Status::Info, text)
}

/// Which revisions of the match does nftables see?
fn nft(client: &mut Client<impl Transport>, family: Family, id: &'static str) -> Check {
    let mut found = Vec::new();
    for revision in [0, 1] {
        match client.match_revision(family, revision) {
            Ok(true) => found.push(revision),
            Ok(false) => {}
            Err(error) if error.errno() == EINVAL => {
                return Check::new(id, Status::Warn, "the kernel has no nft_compat for iptables-nft")
                    .advice("run \"modprobe nft_compat\" if you use iptables-nft");
            }
            Err(error) => return Check::new(id, Status::Warn, error.to_string()),
        }
    }
    match found[..] {
        [0, 1] => Check::new(id, Status::Ok, "match revisions 0 and 1"),
        [revision] => Check::new(id, Status::Ok, format!("only match revision {revision}")),
        _ => Check::new(id, Status::Warn, "no match nfacct").advice("run \"modprobe xt_nfacct\""),
    }
}
