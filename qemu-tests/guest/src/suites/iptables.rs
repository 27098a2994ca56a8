// SPDX-License-Identifier: GPL-2.0-only
//! The four iptables front ends, as users call them.

use std::fmt::Write;

use crate::env::cmd::{self, feed, must};
use crate::env::netns::fresh;
use crate::env::traffic::Udp;
use crate::harness::{cases, Test};
use crate::wire::Acct;

cases![
    legacy_v4,
    legacy_v6,
    nft_v4,
    nft_v6,
    check_and_delete,
    missing_object,
    save_and_restore,
    two_matches,
    odd_names,
    quota_blocker,
    mixed_front_ends,
    other_tables,
    own_chain,
    insert_replace_zero,
];

const ALL: [&str; 4] = [
    "iptables-legacy",
    "ip6tables-legacy",
    "iptables-nft",
    "ip6tables-nft",
];

fn udp(tool: &str) -> Udp {
    if tool.starts_with("ip6") {
        Udp::v6()
    } else {
        Udp::v4()
    }
}

fn name(tool: &str, step: &str) -> String {
    format!("{tool}-{step}")
}

fn life(t: &mut Test, tool: &str) {
    let acct = Acct::open();
    acct.add("o");
    let udp = udp(tool);
    must(&format!("{tool} -A OUTPUT -p udp -m nfacct --nfacct-name o"));
    udp.send(7, 72);
    assert_eq!(acct.counts("o"), (7, 7 * udp.packet(72)));
    assert_eq!(acct.get("o").uses, 2);
    t.obs("show", must(&format!("{tool} -S OUTPUT")));
    t.obs("list", must(&format!("{tool} -vnxL OUTPUT")));
    assert_eq!(acct.del("o"), libc::EBUSY);
    must(&format!("{tool} -F OUTPUT"));
    acct.settle("o", 1);
    assert_eq!(acct.counts("o").0, 7);
    assert_eq!(acct.del("o"), 0);
}

fn legacy_v4(t: &mut Test) {
    life(t, "iptables-legacy");
}

fn legacy_v6(t: &mut Test) {
    life(t, "ip6tables-legacy");
}

fn nft_v4(t: &mut Test) {
    life(t, "iptables-nft");
}

fn nft_v6(t: &mut Test) {
    life(t, "ip6tables-nft");
}

fn check_and_delete(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        acct.add("o");
        let rule = "OUTPUT -m nfacct --nfacct-name o";
        for (step, action, good) in [
            ("none", "-C", false),
            ("add", "-A", true),
            ("one", "-C", true),
            ("del", "-D", true),
            ("gone", "-C", false),
            ("del-none", "-D", false),
        ] {
            let output = cmd::run(&format!("{tool} {action} {rule}"));
            assert_eq!(output.code == 0, good, "{tool} {step}: {output}");
            t.obs(name(tool, step), output);
        }
        acct.settle("o", 1);
        fresh();
    }
}

fn missing_object(t: &mut Test) {
    for tool in ALL {
        let output = cmd::run(&format!("{tool} -A OUTPUT -m nfacct --nfacct-name nobody"));
        assert_ne!(output.code, 0);
        t.obs(tool, output);
        let output = cmd::run(&format!("{tool} -A OUTPUT -m nfacct"));
        t.obs(name(tool, "no-name"), output);
        fresh();
    }
}

/// Only the rules, without comments and counters that carry time or packets.
fn rules(text: &str) -> Vec<&str> {
    text.lines().filter(|l| l.starts_with("-A")).collect()
}

fn save_and_restore(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        let mut table = String::from("*filter\n");
        for n in 0..100 {
            acct.add(&format!("o{n}"));
            let _ = writeln!(table, "-A OUTPUT -p udp -m nfacct --nfacct-name o{n}");
        }
        table += "COMMIT\n";
        let restore = format!("{tool}-restore");
        let words = [restore.as_bytes()];
        assert_eq!(feed(&words, table.as_bytes()).code, 0, "{tool}");
        let udp = udp(tool);
        udp.send(3, 72);
        let saved = must(&format!("{tool}-save"));
        t.obs(name(tool, "saved"), rules(&saved.out).join("|"));
        assert_eq!(rules(&saved.out).len(), 100);
        // The atomic swap of all rules keeps every count.
        assert_eq!(feed(&words, saved.out.as_bytes()).code, 0, "{tool}");
        udp.send(2, 72);
        assert!(acct.list().iter().all(|o| o.pkts == 5));
        fresh();
    }
}

fn two_matches(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        acct.add("a");
        acct.add("b");
        let both = "-m nfacct --nfacct-name a -m nfacct --nfacct-name b";
        must(&format!("{tool} -A OUTPUT {both}"));
        udp(tool).send(3, 72);
        assert_eq!((acct.counts("a").0, acct.counts("b").0), (3, 3));
        t.obs(tool, must(&format!("{tool} -S OUTPUT")));
        fresh();
    }
}

fn odd_names(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        let long = "x".repeat(31);
        for object in ["a b", "\"q\"", "semi;colon", long.as_str()] {
            acct.add(object);
            let argv = [tool, "-A", "OUTPUT", "-m", "nfacct", "--nfacct-name", object];
            let output = feed(&argv.map(str::as_bytes), b"");
            assert_eq!(output.code, 0, "{tool} {object}: {output}");
            assert_eq!(acct.get(object).uses, 2);
        }
        // The tool cuts a longer name to 31 bytes.
        let longer = "x".repeat(40);
        cmd::run(&format!("{tool} -A OUTPUT -m nfacct --nfacct-name {longer}"));
        t.obs(name(tool, "cut"), acct.get(&long).uses);
        t.obs(name(tool, "show"), must(&format!("{tool} -S OUTPUT")));
        fresh();
    }
}

fn quota_blocker(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        acct.add_quota("q", crate::wire::consts::F_PKTS, 10);
        must(&format!(
            "{tool} -A OUTPUT -p udp -m nfacct --nfacct-name q -j DROP"
        ));
        let udp = udp(tool);
        let passed = (0..15).filter(|_| udp.try_send(72).is_ok()).count();
        assert_eq!((passed, udp.received()), (10, 10), "{tool}");
        assert_eq!(acct.counts("q").0, 15);
        t.obs(tool, must(&format!("{tool} -S OUTPUT")));
        fresh();
    }
}

/// One object in rules of both front ends and both families.
fn mixed_front_ends(t: &mut Test) {
    let acct = Acct::open();
    acct.add("o");
    for tool in ALL {
        must(&format!("{tool} -A OUTPUT -p udp -m nfacct --nfacct-name o"));
    }
    assert_eq!(acct.get("o").uses, 5);
    Udp::v4().send(5, 72);
    Udp::v6().send(5, 72);
    assert_eq!(acct.counts("o").0, 20);
    for tool in ALL {
        must(&format!("{tool} -F OUTPUT"));
    }
    acct.settle("o", 1);
    t.obs("uses", acct.get("o").uses);
}

fn other_tables(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        for table in ["raw", "mangle", "filter"] {
            acct.add(table);
            let chain = if table == "raw" { "PREROUTING" } else { "INPUT" };
            must(&format!(
                "{tool} -t {table} -A {chain} -p udp -m nfacct --nfacct-name {table}"
            ));
        }
        udp(tool).send(4, 72);
        let counts: Vec<_> = acct.list().iter().map(|o| o.pkts).collect();
        t.obs(tool, format!("{counts:?}"));
        assert_eq!(counts, [4, 4, 4], "{tool}");
        fresh();
    }
}

/// A chain of the user's own, reached by two jumps.
fn own_chain(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        acct.add("o");
        must(&format!("{tool} -N acct"));
        must(&format!("{tool} -A acct -m nfacct --nfacct-name o"));
        must(&format!("{tool} -A OUTPUT -p udp -j acct"));
        must(&format!("{tool} -A INPUT -p udp -j acct"));
        udp(tool).send(3, 72);
        assert_eq!((acct.counts("o").0, acct.get("o").uses), (6, 2), "{tool}");
        must(&format!("{tool} -F"));
        must(&format!("{tool} -X acct"));
        acct.settle("o", 1);
        t.obs(tool, acct.counts("o").0);
        fresh();
    }
}

/// Rules are inserted, replaced and their own counters zeroed: the object
/// keeps its counts through all of it.
fn insert_replace_zero(t: &mut Test) {
    for tool in ALL {
        let acct = Acct::open();
        acct.add("a");
        acct.add("b");
        let udp = udp(tool);
        must(&format!("{tool} -A OUTPUT -p udp -m nfacct --nfacct-name a"));
        udp.send(1, 72);
        must(&format!("{tool} -I OUTPUT 1 -p udp -m nfacct --nfacct-name b"));
        udp.send(1, 72);
        must(&format!("{tool} -R OUTPUT 1 -p udp -m nfacct --nfacct-name a"));
        udp.send(1, 72);
        must(&format!("{tool} -Z OUTPUT"));
        assert_eq!((acct.counts("a").0, acct.counts("b").0), (4, 1), "{tool}");
        t.obs(tool, must(&format!("{tool} -S OUTPUT")));
        fresh();
    }
}
