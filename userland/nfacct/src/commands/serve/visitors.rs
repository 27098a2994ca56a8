// SPDX-License-Identifier: MIT OR Apache-2.0
//! The clients of `serve`: each has a thread of its own, a deadline, and a seat that it may lose.

use std::{
    collections::VecDeque,
    io,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use super::http::{self, Request, Response};

/// So many clients are attended to at a time. One more takes the place of the oldest: whoever opens connections and
/// leaves them idle cannot keep others out.
pub(super) const SEATS: usize = 8;

/// A request has to come within this time, from the first byte to the last.
const REQUEST: Duration = Duration::from_secs(5);
/// An answer has to go out within this time.
const ANSWER: Duration = Duration::from_secs(30);
/// Time to wait after a failed accept: what is missing (descriptors, memory) comes back when others give it up.
const PAUSE: Duration = Duration::from_millis(100);

/// A request that waits for its answer.
pub(super) struct Visit {
    pub(super) request: Request,
    pub(super) answer: mpsc::Sender<Response>,
}

/// Accepts connections, up to a number, and passes their requests on. The receiver comes to its end when the last
/// answer is out.
pub(super) fn receive(listener: TcpListener, count: Option<u64>) -> io::Result<mpsc::Receiver<Visit>> {
    receive_within(REQUEST, listener, count)
}

fn receive_within(patience: Duration, listener: TcpListener, count: Option<u64>) -> io::Result<mpsc::Receiver<Visit>> {
    let (visits, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || accept(patience, &listener, count, &visits))?;
    Ok(receiver)
}

fn accept(patience: Duration, listener: &TcpListener, count: Option<u64>, visits: &mpsc::Sender<Visit>) {
    let seats = Arc::new(Seats::default());
    let mut number = 0;
    while Some(number) != count {
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(PAUSE);
            continue;
        };
        let (seats, visits) = (Arc::clone(&seats), visits.clone());
        let seated = stream.try_clone().map(|clone| seats.take(number, clone));
        let attended = seated.and_then(|()| {
            thread::Builder::new().spawn(move || {
                attend(patience, &stream, &visits);
                seats.leave(number);
            })
        });
        // Without a thread or a descriptor for it the client has to come again.
        if attended.is_err() {
            thread::sleep(PAUSE);
        }
        number += 1;
    }
}

/// From the request to the end of the answer.
fn attend(patience: Duration, stream: &TcpStream, visits: &mpsc::Sender<Visit>) {
    let response = match http::read(stream, patience) {
        Ok(request) => {
            let (answer, response) = mpsc::channel();
            let passed_on = visits.send(Visit { request, answer });
            match passed_on.map(|()| response.recv()) {
                Ok(Ok(response)) => response,
                _ => return,
            }
        }
        Err(refusal) => refusal,
    };
    // A client that is gone, or too slow, gets nothing more.
    let _ = http::write(stream, &response, ANSWER);
}

/// The connections that are attended to, oldest first.
#[derive(Default)]
struct Seats(Mutex<VecDeque<(u64, TcpStream)>>);

impl Seats {
    fn take(&self, number: u64, stream: TcpStream) {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() >= SEATS {
            if let Some((_, oldest)) = seats.pop_front() {
                // Its thread wakes up and ends. It may have hung up by itself.
                let _ = oldest.shutdown(Shutdown::Both);
            }
        }
        seats.push_back((number, stream));
    }

    fn leave(&self, number: u64) {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|(other, _)| *other != number);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};

    use super::*;

    /// Longer than any run on a busy machine. Whoever waited for an idle client would wait for that long.
    const PATIENCE: Duration = Duration::from_secs(120);

    #[test]
    fn idle_clients_keep_nobody_out() {
        let idle: usize = 20;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let count = u64::try_from(idle + 3).unwrap();
        let visits = receive_within(PATIENCE, listener, Some(count)).unwrap();
        let server = thread::spawn(move || {
            for visit in visits {
                let response = Response::ok("text/plain", visit.request.path);
                visit.answer.send(response).unwrap();
            }
        });
        let connect = || TcpStream::connect(address).unwrap();
        let waiting: Vec<TcpStream> = (0..idle).map(|_| connect()).collect();
        // One of them even has sent a part of its request.
        (&waiting[idle - 1]).write_all(b"GET /metrics HTTP").unwrap();
        for _ in 0..3 {
            let mut stream = connect();
            stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        }
        // The newest one still has its seat and its time, so nobody had to wait for it.
        waiting[idle - 1].set_nonblocking(true).unwrap();
        let unanswered = (&waiting[idle - 1]).read(&mut [0]).unwrap_err();
        assert_eq!(unanswered.kind(), ErrorKind::WouldBlock);
        // The oldest one has lost its seat.
        assert_eq!((&waiting[0]).read(&mut [0]).unwrap(), 0);
        drop(waiting);
        server.join().unwrap();
    }
}
