//! `GET /pubsub`: the websocket of subscriptions.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use colonies_proto::{Reply, Request};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::listener::Front;
use super::subscribers::{OUTBOX, Outbox, Topic};

/// What every message about a process is called, whatever was subscribed to.
const PAYLOADTYPE: &str = "subscribeprocessmsg";

/// Serves a socket until the first of its subscriptions has timed out. It is closed by hanging up.
pub(super) async fn serve(front: Front, mut socket: WebSocket) {
    let (messages, mut outgoing) = mpsc::channel(OUTBOX);
    let overrun = Arc::new(Notify::new());
    let outbox = Outbox { socket: front.core.new_socket(), messages, overrun: Arc::clone(&overrun) };
    let mut subscribed = Subscribed { front: front.clone(), socket: outbox.socket, topics: Vec::new() };
    let mut end: Option<Instant> = None;
    loop {
        let reply = tokio::select! {
            Some(payload) = outgoing.recv() => message(payload),
            received = socket.recv() => {
                let Some(Ok(received)) = received else { break };
                let Some(body) = body(&received) else { continue };
                match take_in(&front, body, &outbox, &mut subscribed, &mut end) {
                    Next::Say(reply) => reply,
                    Next::Listen => continue,
                    Next::HangUp => break,
                }
            }
            () = until(end) => break,
            () = overrun.notified() => break,
            () = front.wait_for_stop() => break,
        };
        if socket.send(reply).await.is_err() {
            break;
        }
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

fn message(payload: Vec<u8>) -> Message {
    envelope(&Reply::Done { payloadtype: PAYLOADTYPE.to_owned(), payload })
}

fn envelope(reply: &Reply) -> Message {
    Message::Text(String::from_utf8_lossy(&reply.to_body()).into_owned().into())
}

fn body(message: &Message) -> Option<&[u8]> {
    match message {
        Message::Text(text) => Some(text.as_bytes()),
        Message::Binary(bytes) => Some(bytes),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
    }
}

enum Next {
    Say(Message),
    Listen,
    HangUp,
}

fn take_in(
    front: &Front,
    body: &[u8],
    outbox: &Outbox,
    subscribed: &mut Subscribed,
    end: &mut Option<Instant>,
) -> Next {
    let Ok(request) = Request::from_body(body) else { return Next::HangUp };
    let Ok(caller) = request.signer() else { return Next::HangUp };
    match front.core.subscribe(&caller, &request.payloadtype, &request.message(), outbox) {
        Ok(None) => Next::Listen,
        Ok(Some((subscription, topic))) => {
            subscribed.topics.extend(topic);
            let timeout = Instant::now().checked_add(Duration::from_secs(subscription.seconds));
            *end = match (*end, timeout) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            subscription.first.map_or(Next::Listen, |payload| Next::Say(message(payload)))
        }
        Err(refusal) => {
            Next::Say(envelope(&Reply::Refused { status: refusal.status, message: refusal.message }))
        }
    }
}

/// What a socket has subscribed to, taken back when it ends.
struct Subscribed {
    front: Front,
    socket: u64,
    topics: Vec<Topic>,
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.front.core.forget(self.socket, &self.topics);
    }
}
