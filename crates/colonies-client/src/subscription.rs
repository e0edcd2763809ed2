//! A subscription: a websocket on which the server sends events.

use std::io::{self, Read, Write};
use std::process;
use std::time::Duration;

use colonies_crypto::PrivateKey;
use colonies_proto::{seal, seal_unsigned};
use tungstenite::handshake::HandshakeError;
use tungstenite::{Message, Utf8Bytes, WebSocket};

use crate::error::{Error, Phase};
use crate::interrupt::{Interrupt, NoInterrupt};
use crate::reply;
use crate::rules::{Stop, explain_socket, is_end_of_socket, socket_settings};
use crate::stream::{Dialer, Purpose, Stream};
use crate::waiting::Waiting;

/// How long a goodbye may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// A connected subscription socket, on which the server sends events.
///
/// It belongs to the process that opened it. Dropping it closes the connection without a goodbye.
#[derive(Debug)]
pub struct Subscription {
    socket: WebSocket<Stream>,
    address: String,
    /// What was last asked for, to name it where it is refused: replies do not say what they answer.
    msgtype: String,
    timeout: Duration,
    process: u32,
}

/// What came of waiting on a [`Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The payload of a message from the server.
    Message(Vec<u8>),
    /// The server ended the subscription. It does so when the time that was asked for is over.
    Closed,
    /// Nothing came in time. The subscription goes on.
    TimedOut,
}

impl Subscription {
    pub(crate) fn open(
        dialer: &Dialer,
        timeout: Duration,
        max_message_bytes: u64,
        interrupt: &(dyn Interrupt + 'static),
    ) -> Result<Self, Error> {
        let address = dialer.endpoint.address.clone();
        let waiting = Waiting::new(timeout);
        let socket =
            waiting.run(interrupt, || shake_hands(dialer, max_message_bytes, &waiting)).map_err(|fault| {
                explain_socket(fault, &address, "the subscription", waiting.phase(), waiting.stopped())
            })?;
        Ok(Self { socket, address, msgtype: String::new(), timeout, process: process::id() })
    }

    /// Sends a message, such as one that subscribes to a process. What the server has to say to it comes
    /// from [`Self::next`].
    ///
    /// # Errors
    /// [`Error::Disconnected`] where the server has ended the subscription, [`Error::Timeout`].
    pub fn send(&mut self, msgtype: &str, message: &[u8], key: Option<&PrivateKey>) -> Result<(), Error> {
        self.check_process()?;
        let text = envelope(msgtype, message, key);
        msgtype.clone_into(&mut self.msgtype);
        let waiting = Waiting::new(self.timeout);
        waiting.enter(Phase::Send);
        waiting.run(&NoInterrupt, || self.socket.send(Message::Text(text))).map_err(|fault| {
            explain_socket(fault, &self.address, msgtype, waiting.phase(), waiting.stopped())
        })
    }

    /// Waits for the next event, at most as long as `timeout`.
    ///
    /// # Errors
    /// [`Error::Refused`] where the server refuses what was sent last; the subscription goes on.
    /// [`Error::Interrupted`], likewise. [`Error::Protocol`] where it sends something else than replies, and
    /// [`Error::Disconnected`] where the network fails.
    pub fn next(&mut self, timeout: Duration, interrupt: &(dyn Interrupt + 'static)) -> Result<Event, Error> {
        self.check_process()?;
        // Without a moment to look nothing could ever come.
        let waiting = Waiting::new(timeout.max(Duration::from_millis(1)));
        waiting.enter(Phase::Reply);
        let received = waiting.run(interrupt, || read(&mut self.socket));
        match received {
            Ok(Some(body)) => reply::open_event(&self.address, &self.msgtype, &body).map(Event::Message),
            Ok(None) => Ok(Event::Closed),
            Err(_) if matches!(waiting.stopped(), Some(Stop::TimedOut { .. })) => Ok(Event::TimedOut),
            Err(fault) if waiting.stopped().is_none() && is_end_of_socket(&fault) => Ok(Event::Closed),
            Err(fault) => {
                Err(explain_socket(fault, &self.address, &self.msgtype, waiting.phase(), waiting.stopped()))
            }
        }
    }

    /// Says goodbye, if that is possible within a second, and closes the connection.
    pub fn close(mut self) {
        if self.check_process().is_ok() {
            let waiting = Waiting::new(CLOSE_LIMIT);
            // Whatever goes wrong now, the connection is over.
            let _ = waiting.run(&NoInterrupt, || self.socket.close(None));
        }
    }

    fn check_process(&self) -> Result<(), Error> {
        if self.process == process::id() {
            return Ok(());
        }
        Err(Error::AfterFork { address: self.address.clone() })
    }
}

/// Reads the next message; `None` when the server ends the subscription.
pub(crate) fn read<S: Read + Write>(
    socket: &mut WebSocket<S>,
) -> Result<Option<tungstenite::Bytes>, tungstenite::Error> {
    loop {
        match socket.read()? {
            Message::Text(text) => return Ok(Some(text.into())),
            Message::Binary(bytes) => return Ok(Some(bytes)),
            Message::Close(_) => {
                // The answer to the goodbye is a courtesy; the subscription is over either way.
                let _ = socket.flush();
                return Ok(None);
            }
            // Reading on sends the answer to a ping.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

fn envelope(msgtype: &str, message: &[u8], key: Option<&PrivateKey>) -> Utf8Bytes {
    let envelope = match key {
        Some(key) => seal(msgtype, message, key),
        None => seal_unsigned(msgtype, message),
    };
    Utf8Bytes::try_from(envelope).expect("an envelope is JSON text, so UTF-8")
}

fn shake_hands(
    dialer: &Dialer,
    max_message_bytes: u64,
    waiting: &Waiting,
) -> Result<WebSocket<Stream>, tungstenite::Error> {
    let config = socket_settings(max_message_bytes);
    let scheme = if dialer.tls.is_some() { "wss" } else { "ws" };
    let uri = format!("{scheme}://{}/pubsub", dialer.endpoint.address);
    let stream = dialer.dial(Purpose::Socket)?;
    waiting.enter(Phase::Reply);
    match tungstenite::client::client_with_config(uri, stream, Some(config)) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(fault)) => Err(fault),
        // The sockets block, so this is the end of the call's time, or an interrupt.
        Err(HandshakeError::Interrupted(_)) => Err(io::Error::from(io::ErrorKind::WouldBlock).into()),
    }
}
