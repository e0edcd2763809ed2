//! `GET /pubsub`: the websocket of subscriptions.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use colonies_proto::{Reply, Request};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::connections::Connection;
use crate::engine::{Due, Followed, Heard, OUTBOX, Outbox, Topic, until};
use crate::machine::Refusal;

/// What every message about a process is called, whatever was subscribed to.
const PROCESS: &str = "subscribeprocessmsg";
/// What messages about a channel are called.
const CHANNEL: &str = "subscribechannelmsg";

/// Serves a socket until the first of its subscriptions to processes has timed out; it is closed by hanging up
/// then. A subscription to a channel ends without ending the socket. While there is one, what the client sends
/// has to wait; pings and its goodbye do not.
pub(super) async fn serve(connection: Connection, mut socket: WebSocket) {
    let (messages, mut outgoing) = mpsc::channel(OUTBOX);
    let overrun = Arc::new(Notify::new());
    let outbox = Outbox { socket: connection.core.new_socket(), messages, overrun: Arc::clone(&overrun) };
    let mut subscribed =
        Subscribed { connection: connection.clone(), socket: outbox.socket, topics: Vec::new() };
    let mut end: Option<Instant> = None;
    let mut followed: Option<Followed> = None;
    let mut held: Option<Message> = None;
    let mut due: Option<Due> = None;
    let mut is_binary = false;
    loop {
        let received = held.take_if(|_| followed.is_none());
        let reply = if let Some(received) = received {
            is_binary = matches!(received, Message::Binary(_));
            match take_in(&connection, &received, &outbox, &mut subscribed, &mut end, &mut followed) {
                Next::Say(reply) => reply,
                Next::Listen => continue,
                Next::HangUp => break,
            }
        } else {
            tokio::select! {
                Some(message) = outgoing.recv(), if due.is_none() => {
                    due = Some(message);
                    continue;
                }
                Some(payload) = when(&mut due) => done(PROCESS, payload),
                heard = hear(&mut followed) => match heard {
                    Heard::Entry(entry) => done(CHANNEL, entry.to_vec()),
                    Heard::TimeIsUp => {
                        followed = None;
                        done(CHANNEL, b"[]".to_vec())
                    }
                    Heard::Closed => {
                        followed = None;
                        continue;
                    }
                },
                received = socket.recv(), if held.is_none() => {
                    let Some(Ok(received)) = received else { break };
                    held = Some(received).filter(|received| body(received).is_some());
                    continue;
                }
                () = until(end) => break,
                () = overrun.notified() => break,
                () = connection.shared.wait_for_stop() => break,
            }
        };
        tokio::select! {
            sent = socket.send(envelope(&reply, is_binary)) => if sent.is_err() { break },
            // A client that does not read delays only itself.
            () = connection.shared.wait_for_stop() => break,
        }
    }
}

/// Waits until a message is due, and takes it; none if there is no message.
async fn when(due: &mut Option<Due>) -> Option<Vec<u8>> {
    let at = due.as_ref()?.at;
    until(Some(at)).await;
    due.take().map(|due| due.payload)
}

async fn hear(followed: &mut Option<Followed>) -> Heard {
    match followed {
        Some(followed) => followed.hear().await,
        None => std::future::pending().await,
    }
}

fn done(payloadtype: &str, payload: Vec<u8>) -> Reply {
    Reply::Done { payloadtype: payloadtype.to_owned(), payload }
}

fn refused(refusal: Refusal) -> Reply {
    Reply::Refused { status: refusal.status, message: refusal.message }
}

/// Texts are answered with texts, and bytes with bytes.
fn envelope(reply: &Reply, is_binary: bool) -> Message {
    let body = reply.to_body();
    if is_binary {
        Message::Binary(body.into())
    } else {
        Message::Text(String::from_utf8_lossy(&body).into_owned().into())
    }
}

fn body(message: &Message) -> Option<&[u8]> {
    match message {
        Message::Text(text) => Some(text.as_bytes()),
        Message::Binary(bytes) => Some(bytes),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
    }
}

enum Next {
    Say(Reply),
    Listen,
    HangUp,
}

fn take_in(
    connection: &Connection,
    received: &Message,
    outbox: &Outbox,
    subscribed: &mut Subscribed,
    end: &mut Option<Instant>,
    followed: &mut Option<Followed>,
) -> Next {
    let Some(Ok(request)) = body(received).map(Request::from_body) else { return Next::HangUp };
    let Ok(caller) = connection.signers.of(&request) else { return Next::HangUp };
    let (payloadtype, payload) = (request.payloadtype.as_str(), request.message());
    if payloadtype == CHANNEL {
        return match connection.core.follow(&caller, payloadtype, &payload) {
            Ok((running, first)) => {
                *followed = Some(running);
                first.map_or(Next::Listen, |entries| Next::Say(done(CHANNEL, entries)))
            }
            Err(refusal) => Next::Say(refused(refusal)),
        };
    }
    let most = connection.shared.limits.subscriptions_per_connection;
    if subscribed.topics.len() >= most {
        let text = format!("this server takes {most} subscriptions over one connection");
        return Next::Say(refused(Refusal::new(503, text)));
    }
    match connection.core.subscribe(&caller, payloadtype, &payload, outbox) {
        Ok(None) => Next::Listen,
        Ok(Some((subscription, topic))) => {
            subscribed.topics.extend(topic);
            let timeout = Instant::now().checked_add(Duration::from_secs(subscription.seconds));
            *end = match (*end, timeout) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            subscription.first.map_or(Next::Listen, |payload| Next::Say(done(PROCESS, payload)))
        }
        Err(refusal) => Next::Say(refused(refusal)),
    }
}

/// What a socket has subscribed to, taken back when it ends.
struct Subscribed {
    connection: Connection,
    socket: u64,
    topics: Vec<Topic>,
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.connection.core.forget(self.socket, &self.topics);
    }
}
