// SPDX-License-Identifier: MIT OR Apache-2.0
//! `export` and `serve`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail.

mod common;

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use common::{Outcome, nfacct};
use fake_kernel::FakeKernel;
use nfacct::Exit;

fn kernel() -> FakeKernel {
    let kernel = FakeKernel::new();
    for args in [
        &["add", "http"][..],
        &["add", "a\"b", "packet", "1"],
        &["add", "big", "byte", "5000"],
    ] {
        nfacct(args).on(&kernel);
    }
    for name in ["http", "http", "a\"b"] {
        kernel.packet(name, 100);
    }
    kernel.rule("http", true);
    kernel
}

const PROMETHEUS: &str = r#"# HELP nfacct_objects Accounting objects.
# TYPE nfacct_objects gauge
nfacct_objects 3
# HELP nfacct_packets_total Packets counted.
# TYPE nfacct_packets_total counter
nfacct_packets_total{name="http"} 2
nfacct_packets_total{name="a\"b"} 1
nfacct_packets_total{name="big"} 0
# HELP nfacct_bytes_total Bytes counted.
# TYPE nfacct_bytes_total counter
nfacct_bytes_total{name="http"} 200
nfacct_bytes_total{name="a\"b"} 100
nfacct_bytes_total{name="big"} 0
# HELP nfacct_rules Rules that use the object.
# TYPE nfacct_rules gauge
nfacct_rules{name="http"} 1
nfacct_rules{name="a\"b"} 0
nfacct_rules{name="big"} 0
# HELP nfacct_quota_packets Quota in packets.
# TYPE nfacct_quota_packets gauge
nfacct_quota_packets{name="a\"b"} 1
# HELP nfacct_quota_bytes Quota in bytes.
# TYPE nfacct_quota_bytes gauge
nfacct_quota_bytes{name="big"} 5000
# HELP nfacct_over_quota 1 if the quota was reached since the last reset.
# TYPE nfacct_over_quota gauge
nfacct_over_quota{name="a\"b"} 1
nfacct_over_quota{name="big"} 0
"#;

#[test]
fn the_text_format() {
    let outcome = nfacct(&["export", "--prometheus"]).on(&kernel());
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    assert_eq!(outcome.stdout(), PROMETHEUS);
    let one = nfacct(&["export", "--prometheus", "ht*"]).on(&kernel());
    assert!(one.stdout().contains("nfacct_objects 1\n"));
    assert!(!one.stdout().contains("big"));
    assert_eq!(nfacct(&["export"]).on(&kernel()).exit, Exit::Usage);
}

#[test]
fn openmetrics_names_families_without_total_and_has_an_end() {
    let outcome = nfacct(&["export", "--openmetrics"]).on(&kernel());
    let text = outcome.stdout();
    assert!(text.contains("# TYPE nfacct_bytes counter\nnfacct_bytes_total{name=\"http\"} 200\n"));
    assert!(text.ends_with("\n# EOF\n"));
}

#[test]
fn a_textfile() {
    let path = std::env::temp_dir().join(format!("nfacct-export-test-{}", std::process::id()));
    let outcome = nfacct(&["export", "--prometheus", "--file", path.to_str().unwrap()]).on(&kernel());
    assert_eq!((outcome.exit, outcome.stdout()), (Exit::Success, ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), PROMETHEUS);
    fs::remove_file(&path).unwrap();
}

/// Serves so many connections, on a port that is free; the function makes them.
fn serve(count: usize, kernel: &FakeKernel, requests: impl FnOnce(&dyn Fn() -> TcpStream)) -> Outcome {
    let (listener, announcement) = mpsc::channel();
    let server = {
        let kernel = kernel.clone();
        let count = count.to_string();
        thread::spawn(move || {
            nfacct(&["serve", "--listen", "127.0.0.1:0", "--count", &count])
                .listener(listener)
                .on(&kernel)
        })
    };
    let told = announcement.recv().unwrap();
    let address = told
        .strip_prefix("nfacct: serving http://")
        .and_then(|rest| rest.strip_suffix("/metrics\n"))
        .unwrap_or_else(|| panic!("{told}"));
    requests(&|| TcpStream::connect(address).unwrap());
    server.join().unwrap()
}

fn exchange(mut stream: TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn scraping() {
    let kernel = kernel();
    let outcome = serve(6, &kernel, |connect| {
        let answer = exchange(connect(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"),
            "{head}"
        );
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        assert_eq!(body, PROMETHEUS);

        let accept = "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n";
        assert!(exchange(connect(), accept).ends_with("# EOF\n"));
        assert!(exchange(connect(), "HEAD /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
        assert!(exchange(connect(), "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
        assert!(exchange(connect(), "GET /metrics HTTP/1.1\r\n").starts_with("HTTP/1.1 400 "));

        kernel.refuse(Some(1));
        assert!(exchange(connect(), "GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503 "));
    });
    assert_eq!(outcome.exit, Exit::Success);
    assert!(outcome.stderr().starts_with("nfacct: serving http://127.0.0.1:"));
    assert!(outcome.stderr().contains("Operation not permitted"));
}

#[test]
fn long_requests_are_refused() {
    serve(1, &kernel(), |connect| {
        let request = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(9000));
        assert!(exchange(connect(), &request).starts_with("HTTP/1.1 431 "));
    });
}

#[test]
fn failures_come_before_the_first_request() {
    let kernel = kernel();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let outcome = nfacct(&["serve", "--listen", &address]).on(&kernel);
    assert_eq!(
        (outcome.exit, outcome.stderr()),
        (Exit::Failure, "nfacct: cannot listen: Address already in use\n")
    );
    kernel.refuse(Some(1));
    assert_eq!(nfacct(&["serve"]).on(&kernel).exit, Exit::Permission);
}

#[test]
fn no_answer_to_head_has_a_body() {
    serve(4, &kernel(), |connect| {
        for request in ["/metrics HTTP/1.1", "/ HTTP/1.1", "/metrics HTTP/9", "/metrics"] {
            let answer = exchange(connect(), &format!("HEAD {request}\r\n\r\n"));
            assert!(answer.ends_with("\r\n\r\n"), "{request}: {answer}");
        }
    });
}
