//! `POST /api`: opens the envelope, recovers the signer, carries the message out, and wraps the reply.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body};
use axum::http::Response;
use colonies_proto::{Reply, Request};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::connections::Connection;
use super::faults::{Fault, Planned};
use super::routes::reply;
use crate::config::Limits;
use crate::engine::{Core, Place, Reaction, until};
use crate::machine::{Answer, Asker, Handed, Refusal, Waiting, bad_signature};
use crate::wire::json_fault;

/// Messages that need no signature.
const UNSIGNED: [&str; 2] = ["versionmsg", "getserverinfomsg"];

/// The message gets no answer; its connection is closed instead.
#[derive(Debug, thiserror::Error)]
#[error("a fault was asked for")]
pub(super) struct Dropped;

pub(super) async fn answer(connection: &Connection, body: Body) -> Result<Response<Body>, Dropped> {
    let request = match read(connection, body).await {
        Ok(request) => request,
        Err(refusal) => return Ok(refuse(&refusal)),
    };
    let Planned { delay, fault } = connection.faults.next(&request.payloadtype);
    if !delay.is_zero() {
        pause(connection, delay).await;
    }
    match fault {
        Some(Fault::Drop | Fault::Cut(_)) => Err(Dropped),
        Some(Fault::Error { status, message }) => Ok(refuse(&Refusal::new(status, message))),
        Some(Fault::DropAnswer) => {
            carry_out(connection, request).await;
            Err(Dropped)
        }
        Some(Fault::Delay(_)) | None => Ok(carry_out(connection, request).await),
    }
}

/// Waits, unless the server stops.
async fn pause(connection: &Connection, duration: Duration) {
    tokio::select! {
        () = tokio::time::sleep(duration) => {}
        () = connection.shared.wait_for_stop() => {}
    }
}

async fn read(connection: &Connection, body: Body) -> Result<Request, Refusal> {
    let Limits { body: longest, body_time, .. } = *connection.shared.limits;
    let body = match tokio::time::timeout(body_time, body::to_bytes(body, longest)).await {
        Ok(Ok(body)) => body,
        Ok(Err(fault)) if is_malformed(&fault) => {
            return Err(Refusal::new(400, "the body is incomplete, or its chunks are malformed"));
        }
        Ok(Err(_)) => return Err(Refusal::new(413, format!("the body is longer than {longest} bytes"))),
        Err(_) => return Err(Refusal::new(408, format!("the body took longer than {body_time:?}"))),
    };
    Request::from_body(&body).map_err(|fault| Refusal::new(400, json_fault(&body, &fault)))
}

/// True where the HTTP library could not read a body; otherwise it was too long.
fn is_malformed(fault: &axum::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(fault);
    while let Some(fault) = cause {
        if fault.is::<hyper::Error>() {
            return true;
        }
        cause = fault.source();
    }
    false
}

async fn carry_out(connection: &Connection, request: Request) -> Response<Body> {
    let reaction = signer(connection, &request)
        .and_then(|caller| connection.core.carry_out(&caller, &request.payloadtype, &request.message()));
    let answer = match reaction {
        Ok(Reaction::Answered { answer, lag }) => {
            if !lag.is_zero() {
                pause(connection, lag).await;
            }
            Ok(answer)
        }
        Ok(Reaction::Waits { place, waiting, delivery, again }) => {
            wait(connection, place, waiting, delivery, again).await
        }
        Err(refusal) => {
            if !refusal.lag.is_zero() {
                pause(connection, refusal.lag).await;
            }
            Err(refusal)
        }
    };
    match answer {
        Ok(Answer::Json(payload)) => done(request.payloadtype, payload),
        Ok(Answer::Other(payloadtype, payload)) => done(payloadtype.to_owned(), payload),
        Ok(Answer::Nothing | Answer::Wait(_)) => reply(200, Vec::new()),
        Err(refusal) => refuse(&refusal),
    }
}

fn signer(connection: &Connection, request: &Request) -> Result<String, Refusal> {
    if UNSIGNED.contains(&request.payloadtype.as_str()) {
        return Ok(String::new());
    }
    connection.signers.of(request).map_err(bad_signature)
}

fn done(payloadtype: String, payload: Vec<u8>) -> Response<Body> {
    reply(200, Reply::Done { payloadtype, payload }.to_body())
}

pub(super) fn refuse(refusal: &Refusal) -> Response<Body> {
    let envelope = |status| Reply::Refused { status, message: refusal.message.clone() }.to_body();
    let mut body = envelope(refusal.status);
    if refusal.twice {
        body.extend(envelope(500));
    }
    reply(refusal.status, body)
}

/// Waits until a process is delivered, time is up, or the server stops. Where the client goes away, this is
/// dropped, and with it the place in the queue.
async fn wait(
    connection: &Connection,
    place: Place,
    waiting: Waiting,
    delivery: oneshot::Receiver<Handed>,
    again: Option<Instant>,
) -> Result<Answer, Refusal> {
    let asker = waiting.asker;
    let mut queued = Queued { core: Arc::clone(&connection.core), place, delivery, asker, again };
    let end = Instant::now().checked_add(Duration::from_secs(waiting.seconds));
    let delivered = loop {
        tokio::select! {
            delivered = &mut queued.delivery => break delivered.ok(),
            () = until(queued.again), if queued.again.is_some() => {
                queued.again = None;
                connection.core.look_again(&queued.place, &queued.asker);
            }
            () = until(end) => break None,
            () = connection.shared.wait_for_stop() => break None,
        }
    };
    queued.again = None;
    // Time may have been up just as a process came.
    match delivered.or_else(|| queued.give_up()) {
        Some(handed) => Ok(Answer::Json(handed.json)),
        None => Err(connection.core.time_out(&queued.asker)),
    }
}

/// A place in the queue, given up when dropped.
struct Queued {
    core: Arc<Core>,
    place: Place,
    delivery: oneshot::Receiver<Handed>,
    asker: Asker,
    /// When to look at the queue once more.
    again: Option<Instant>,
}

impl Queued {
    /// Leaves the queue. Returns a process that was delivered before.
    fn give_up(&mut self) -> Option<Handed> {
        self.core.leave(&self.place);
        self.delivery.try_recv().ok()
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        if let Some(handed) = self.give_up() {
            self.core.take_back(&handed);
        } else if let Some(at) = self.again {
            self.core.abandon(self.asker.clone(), at);
        }
    }
}
