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
    let (visits, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || accept(&listener, count, &visits))?;
    Ok(receiver)
}

fn accept(listener: &TcpListener, count: Option<u64>, visits: &mpsc::Sender<Visit>) {
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
                attend(&stream, &visits);
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
fn attend(stream: &TcpStream, visits: &mpsc::Sender<Visit>) {
    let response = match http::read(stream, REQUEST) {
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
