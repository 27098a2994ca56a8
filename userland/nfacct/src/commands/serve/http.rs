// SPDX-License-Identifier: MIT OR Apache-2.0
//! As much of HTTP/1.1 as a scraper needs.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// A request may have so many bytes.
const LIMIT: usize = 8 * 1024;

/// A request that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Without the query.
    pub(super) path: String,
    /// HEAD and not GET: no body is wanted.
    pub(super) head: bool,
    pub(super) accepts_openmetrics: bool,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    status: u16,
    reason: &'static str,
    content_type: &'static str,
    body: String,
    without_body: bool,
}

impl Response {
    pub(super) fn ok(content_type: &'static str, body: String) -> Self {
        Self {
            status: 200,
            reason: "OK",
            content_type,
            body,
            without_body: false,
        }
    }

    /// For HEAD, whatever the answer is.
    pub(super) fn without_body(self, without_body: bool) -> Self {
        Self { without_body, ..self }
    }

    pub(super) fn plain(status: u16, reason: &'static str, body: &str) -> Self {
        Self {
            status,
            reason,
            content_type: "text/plain; charset=utf-8",
            body: body.to_owned(),
            without_body: false,
        }
    }
}

/// Reads a request; the whole of it has to come before the deadline. An error is the answer to give.
pub(super) fn read(stream: &TcpStream, deadline: Duration) -> Result<Request, Response> {
    let mut text = Vec::new();
    receive(stream, deadline, &mut text)
        .and_then(|()| parse(&text))
        .map_err(|refusal| refusal.without_body(text.starts_with(b"HEAD ")))
}

fn receive(mut stream: &TcpStream, deadline: Duration, text: &mut Vec<u8>) -> Result<(), Response> {
    let end = Instant::now() + deadline;
    let mut chunk = [0; 1024];
    while !text.windows(4).any(|window| window == b"\r\n\r\n") {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return Err(Response::plain(408, "Request Timeout", "Too slow.\n"));
        }
        let len = match stream.read(&mut chunk) {
            Ok(0) => return Err(Response::plain(400, "Bad Request", "The request is not complete.\n")),
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Response::plain(408, "Request Timeout", "Too slow.\n")),
        };
        text.extend(chunk.get(..len).unwrap_or_default());
        if text.len() > LIMIT {
            return Err(Response::plain(431, "Request Header Fields Too Large", "Too long.\n"));
        }
    }
    Ok(())
}

/// Understands the head of a request.
fn parse(text: &[u8]) -> Result<Request, Response> {
    let bad = || Response::plain(400, "Bad Request", "This is not HTTP/1.\n");
    let text = std::str::from_utf8(text).map_err(|_| bad())?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some("HTTP/1.0" | "HTTP/1.1"), None) = (method, target, version, words.next())
    else {
        return Err(bad());
    };
    let head = match method {
        "GET" => false,
        "HEAD" => true,
        _ => return Err(Response::plain(405, "Method Not Allowed", "Only GET and HEAD.\n")),
    };
    let accepts_openmetrics = lines.filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("accept") && value.to_ascii_lowercase().contains("application/openmetrics-text")
    });
    Ok(Request {
        path: target.split('?').next().unwrap_or_default().to_owned(),
        head,
        accepts_openmetrics,
    })
}

/// Writes an answer; all of it has to go out before the deadline.
pub(super) fn write(mut stream: &TcpStream, response: &Response, deadline: Duration) -> io::Result<()> {
    let end = Instant::now() + deadline;
    let Response {
        status,
        reason,
        content_type,
        body,
        without_body,
    } = response;
    let len = body.len();
    let mut text = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {len}\r\n\
         Connection: close\r\n\r\n"
    );
    if !without_body {
        text.push_str(body);
    }
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        match stream.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(len) => rest = rest.get(len..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let request =
            parse(b"GET /metrics?x=y HTTP/1.1\r\nHost: x\r\nACCEPT: application/openmetrics-text;q=1\r\n\r\n");
        assert_eq!(
            request,
            Ok(Request {
                path: "/metrics".into(),
                head: false,
                accepts_openmetrics: true
            })
        );
        let request = parse(b"HEAD / HTTP/1.0\r\nX: application/openmetrics-text\r\n\r\n").unwrap();
        assert_eq!(
            (request.path.as_str(), request.head, request.accepts_openmetrics),
            ("/", true, false)
        );
    }

    #[test]
    fn a_client_that_does_not_read_is_left() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let response = Response::ok("text/plain", "x".repeat(50_000_000));
        let begin = Instant::now();
        assert!(write(&stream, &response, Duration::from_millis(50)).is_err());
        assert!(begin.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn refused() {
        let cases: [(&[u8], u16); 6] = [
            (b"POST /metrics HTTP/1.1\r\n\r\n", 405),
            (b"GET /metrics\r\n\r\n", 400),
            (b"GET /metrics HTTP/2\r\n\r\n", 400),
            (b"GET  /metrics HTTP/1.1\r\n\r\n", 400),
            (b"\xff\xff\r\n\r\n", 400),
            (b"\r\n\r\n", 400),
        ];
        for (text, status) in cases {
            assert_eq!(parse(text).unwrap_err().status, status, "{}", text.escape_ascii());
        }
    }
}
