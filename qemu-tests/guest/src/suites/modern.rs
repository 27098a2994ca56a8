// SPDX-License-Identifier: GPL-2.0-only
//! The commands of our nfacct that the C tool does not have, on a real kernel with real packets.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use super::tool::wait_for_listener;
use crate::env::cmd::{feed, must, run};
use crate::env::traffic::Udp;
use crate::harness::{cases, skip, Test};
use crate::wire::consts::{F_BYTES, F_PKTS};
use crate::wire::Acct;
use crate::xt::sockopt::count_output;

cases![
    size,
    doctor,
    watch_sees_traffic_and_resets_nothing,
    monitor_sees_quotas,
    hooks,
    save_and_restore,
    patterns,
    other_namespaces,
    serve,
    a_reset_that_is_interrupted_loses_nothing,
];

const OURS: &str = "/usr/local/bin/nfacct";

/// The program may have so many bytes.
const SIZE: u64 = 4 << 20;

/// A command line that must succeed; gives standard output.
fn ours(arguments: &str) -> String {
    if !std::path::Path::new(OURS).exists() {
        skip("the project's own nfacct is not installed");
    }
    must(&format!("{OURS} {arguments}")).out
}

fn json(arguments: &str) -> Value {
    serde_json::from_str(&ours(&format!("--json {arguments}"))).expect("JSON")
}

/// A command that goes on, with its output in a pipe.
fn start(arguments: &[&str]) -> Child {
    ours("version");
    Command::new(OURS)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nfacct")
}

fn size(_: &mut Test) {
    ours("version");
    let size = fs::metadata(OURS).expect("the program").len();
    assert!(size <= SIZE, "{size} bytes");
}

/// It knows whose module it talks to, and takes the match for what it is.
fn doctor(t: &mut Test) {
    Acct::open().add("used");
    count_output(&["used"]);
    let report = json("doctor");
    assert_eq!(report["healthy"], true, "{report}");
    let checks = report["checks"].as_array().expect("checks");
    let text = |id: &str| checks.iter().find(|check| check["id"] == id).expect("a check")["text"].clone();
    let whose = if t.stack() == "c-c" { "the C module" } else { "the Rust module" };
    assert_eq!(text("implementation"), whose);
    assert_eq!(text("objects"), "1 objects, 1 used by rules, 0 over their quota");
    assert_eq!(text("legacy-ipv4"), "2 match revisions");
    assert_eq!(text("match"), "rules can use -m nfacct");
}

/// Sends packets until told to stop.
fn with_traffic<R>(body: impl FnOnce() -> R) -> R {
    let stop = AtomicBool::new(false);
    let udp = Udp::v4();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                udp.send(10, 72);
                thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        let result = body();
        stop.store(true, Ordering::Relaxed);
        result
    })
}

fn watch_sees_traffic_and_resets_nothing(_: &mut Test) {
    let acct = Acct::open();
    acct.add("in-a");
    acct.add("in-b");
    acct.add("idle");
    acct.add_quota("quota", F_BYTES, 1 << 40);
    count_output(&["in-a", "in-b", "quota"]);
    let sample = with_traffic(|| json("watch --count 1 --interval 0.5 --sort name"));
    let rate = |name: &str| {
        let rates = sample["rates"].as_array().expect("rates");
        let row = rates.iter().find(|row| row["name"] == name).expect("a row");
        (row["packets"].as_u64().expect("packets"), row["packets_per_second"].as_f64().expect("a rate"))
    };
    for name in ["in-a", "in-b", "quota"] {
        let (packets, per_second) = rate(name);
        assert!(per_second > 0.0, "{name}: {sample}");
        assert!(packets > 0 && acct.counts(name).0 >= packets, "{name}: {sample}");
    }
    assert_eq!(rate("idle"), (0, 0.0));
    let table = with_traffic(|| ours("watch --once --interval 0.5 --group - in-*"));
    assert!(table.contains("in (2)"), "{table}");
}

fn monitor_sees_quotas(_: &mut Test) {
    let mut child = start(&["monitor", "--json", "--count", "3"]);
    wait_for_listener();
    let acct = Acct::open();
    acct.add_quota("first", F_PKTS, 3);
    acct.add_quota("second", F_BYTES, 500);
    count_output(&["first", "second"]);
    let udp = Udp::v4();
    udp.send(10, 72);
    // The next round of an object begins with a reset, which our command makes.
    ours("get first reset");
    udp.send(10, 72);
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let events: Vec<Value> =
        lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    assert!(child.wait().expect("the end").success());
    let seen: Vec<_> = events.iter().map(|event| (&event["event"], &event["object"]["name"])).collect();
    let over = |name: &str| (Value::from("overquota"), Value::from(name));
    let wanted = [over("first"), over("second"), over("first")];
    assert_eq!(seen, wanted.each_ref().map(|(event, name)| (event, name)));
    assert_eq!(events[0]["object"]["packets"], 3);
    assert_eq!(events[1]["object"]["bytes"], 500);
}

fn hooks(_: &mut Test) {
    let script = "echo \"$NFACCT_EVENT $NFACCT_NAME $NFACCT_PACKETS $NFACCT_QUOTA_LIMIT\" >&2";
    let mut child = start(&["monitor", "--count", "1", "--exec", "sh", "-c", script]);
    wait_for_listener();
    Acct::open().add_quota("guest", F_PKTS, 2);
    count_output(&["guest"]);
    Udp::v4().send(5, 72);
    let mut told = String::new();
    let mut errors = child.stderr.take().expect("piped");
    errors.read_to_string(&mut told).expect("text");
    assert!(child.wait().expect("the end").success());
    assert_eq!(told, "overquota guest 2 2\n");
}

fn save_and_restore(_: &mut Test) {
    let acct = Acct::open();
    for n in 0..500u64 {
        acct.add_quota_at(&format!("q{n}"), if n % 2 == 0 { F_PKTS } else { F_BYTES }, 1000 + n, n, 7 * n);
    }
    for name in [&b"a b"[..], b"semi;colon", b"nl\nx", b"\xff\x01\"\\", b"--help"] {
        assert_eq!(feed(&[OURS.as_bytes(), b"add", name], b"").code, 0);
    }
    let before = acct.list();
    let saved = ours("save --file /tmp/saved");
    assert_eq!(saved, "");
    // What /dev/stdout is a link to, where there is one.
    let same = ours("save --file /proc/self/fd/1") == ours("save");
    assert!(same, "not what goes to standard output");
    ours("flush");
    assert_eq!(acct.list(), []);
    ours("restore -f /tmp/saved");
    assert_eq!(acct.list(), before);
    // What exists stays as it is, is replaced, or has its counters added.
    assert_eq!(run(&format!("{OURS} restore -f /tmp/saved")).code, 1);
    ours("restore -f /tmp/saved --exist ignore");
    assert_eq!(acct.list(), before);
    ours("restore -f /tmp/saved --exist add");
    assert_eq!(acct.counts("q100"), (200, 1400));
    ours("restore -f /tmp/saved --exist replace");
    assert_eq!(acct.list(), before);
    fs::remove_file("/tmp/saved").expect("the file");
}

fn patterns(_: &mut Test) {
    let acct = Acct::open();
    for name in ["http-in", "http-out", "ssh"] {
        acct.add_at(name, 5, 50);
    }
    assert_eq!(ours("list http-* --table").lines().count(), 3);
    assert_eq!(ours("reset http-*").lines().count(), 2);
    assert_eq!((acct.counts("http-in"), acct.counts("ssh")), ((0, 0), (5, 50)));
    ours("add ssh --exist");
    assert_eq!(run(&format!("{OURS} add ssh --exist --quota bytes=1k")).code, 4);
    ours("delete --match http-*");
    assert_eq!(acct.names(), ["ssh"]);
}

fn other_namespaces(_: &mut Test) {
    must("ip netns add blue");
    ours("-n blue add there");
    let list = ours("list --json --netns blue");
    let inside = must(&format!("ip netns exec blue {OURS} list --json")).out;
    must("ip netns del blue");
    assert_eq!(list, inside);
    assert!(list.contains("\"there\""), "{list}");
    assert_eq!(ours("list"), "");
    assert_eq!(run(&format!("{OURS} -n blue list")).code, 2);
}

fn serve(_: &mut Test) {
    Acct::open().add_at("scraped", 3, 300);
    let mut child = start(&["serve", "--listen", "127.0.0.1:0", "--count", "1"]);
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().split('/').nth(2).expect("an address");
    let mut stream = TcpStream::connect(address).expect(address);
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").expect("request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answer");
    assert!(child.wait().expect("the end").success());
    assert!(answer.contains("\nnfacct_bytes_total{name=\"scraped\"} 300\n"), "{answer}");
}

/// SIGTERM comes at many moments of a reset: what was read and what is left make up the whole, to the packet.
fn a_reset_that_is_interrupted_loses_nothing(t: &mut Test) {
    let acct = Acct::open();
    let names: Vec<String> = (0..300).map(|n| format!("object-{n:03}")).collect();
    for name in &names {
        acct.add_at(name, 7, 70);
    }
    let mut stopped = 0;
    let rounds = t.scale().of(15, 3, 15);
    for round in 0..rounds {
        let child = start(&["reset", "object-*"]);
        thread::sleep(std::time::Duration::from_millis(round % 15 * 8));
        // SAFETY: It is our own unreaped child.
        unsafe { libc::kill(i32::try_from(child.id()).expect("pid"), libc::SIGTERM) };
        let done = child.wait_with_output().expect("output");
        let shown = String::from_utf8(done.stdout).expect("text");
        let read: u64 = shown.lines().map(|line| line["{ pkts = ".len()..][..20].parse::<u64>().expect("packets")).sum();
        let left: u64 = acct.list().iter().map(|object| object.pkts).sum();
        assert_eq!(read + left, 7 * 300, "round {round}");
        stopped += u64::from(left > 0);
        acct.flush();
        for name in &names {
            acct.add_at(name, 7, 70);
        }
    }
    t.note(format!("{stopped} of {rounds} resets were stopped on the way"));
}
