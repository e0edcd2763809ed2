//! A subscription: a websocket on which the server sends events.

use std::io;
use std::mem;
use std::pin::pin;
use std::process;
use std::sync::Arc;
use std::sync::Mutex as Lock;
use std::time::Duration;

use colonies_client::rules::{
    Attempt, Failure, Limit, Stop, explain_socket, is_end_of_socket, socket_settings,
};
use colonies_client::shared::open_event;
use colonies_client::{Error, Phase};
use colonies_crypto::PrivateKey;
use colonies_proto::{seal, seal_unsigned};
use futures_util::future::{Either, select};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{Mutex, Semaphore};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tungstenite::{Message, Utf8Bytes};

use crate::call::Report;
use crate::dial::{Dialer, Purpose, within};
use crate::engine::{Engine, locked};
use crate::mailbox::{Mailbox, Outcome};
use crate::stream::Stream;

/// How long a goodbye may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<Stream>;

/// A connected subscription socket. Nothing is read from it but while [`Self::next`] waits, so a server that sends
/// faster than the caller reads is slowed down.
///
/// It belongs to the process that opened it.
#[derive(Clone, Debug)]
pub struct Subscription(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    process: u32,
    address: String,
    timeout: Duration,
    /// What was last asked for, to name it where it is refused: replies do not say what they answer.
    msgtype: Lock<String>,
    /// Both are none once the subscription is closed.
    sender: Mutex<Option<SplitSink<Socket, Message>>>,
    receiver: Mutex<Option<SplitStream<Socket>>>,
    /// Closed with the subscription, so that a wait ends.
    open: Semaphore,
}

impl Subscription {
    pub(crate) async fn open(
        dialer: &Dialer,
        timeout: Duration,
        max_message_bytes: u64,
        attempt: &mut Attempt,
    ) -> Result<Self, Error> {
        let limit = Limit::from_now(timeout);
        let address = dialer.endpoint.address.clone();
        let shaken = shake_hands(dialer, max_message_bytes, limit, attempt).await;
        let socket = shaken.map_err(|(fault, stopped)| {
            explain_socket(fault, &address, "the subscription", attempt.phase(), stopped)
        })?;
        let (sender, receiver) = socket.split();
        Ok(Self(Arc::new(Inner {
            process: process::id(),
            address,
            timeout,
            msgtype: Lock::default(),
            sender: Mutex::new(Some(sender)),
            receiver: Mutex::new(Some(receiver)),
            open: Semaphore::new(0),
        })))
    }

    /// Starts to send a message, such as one that subscribes to a process. What the server has to say to it comes from
    /// [`Self::next`].
    ///
    /// # Errors
    /// Those of [`Engine::of_this_process`].
    pub fn send(
        &self,
        msgtype: &str,
        message: &[u8],
        key: Option<&PrivateKey>,
        mailbox: &Arc<Mailbox>,
    ) -> io::Result<u64> {
        let envelope = match key {
            Some(key) => seal(msgtype, message, key),
            None => seal_unsigned(msgtype, message),
        };
        let text = Utf8Bytes::try_from(envelope).map_err(io::Error::other)?;
        msgtype.clone_into(&mut locked(&self.0.msgtype));
        self.start(mailbox, |inner| async move { inner.sent(text).await.map(|()| Outcome::Done) })
    }

    /// Starts to wait for the next message, and returns the number under which it arrives.
    ///
    /// # Errors
    /// Those of [`Engine::of_this_process`].
    pub fn next(&self, mailbox: &Arc<Mailbox>) -> io::Result<u64> {
        self.start(mailbox, |inner| async move { inner.received().await })
    }

    /// Says goodbye, if that is possible within a second, and closes the connection. Waits for nothing.
    pub fn close(self) {
        if self.0.process == process::id()
            && let Ok(engine) = Engine::of_this_process()
        {
            self.0.open.close();
            engine.spawn(Engine::next_number(), async move {
                let goodbye = async {
                    if let Some(mut sender) = self.0.sender.lock().await.take() {
                        let _ = sender.close().await;
                    }
                };
                let _ = within(Limit::from_now(CLOSE_LIMIT), goodbye).await;
                self.0.receiver.lock().await.take();
            });
        }
    }

    fn start<F>(&self, mailbox: &Arc<Mailbox>, work: impl FnOnce(Arc<Inner>) -> F) -> io::Result<u64>
    where
        F: Future<Output = Result<Outcome, Error>> + Send + 'static,
    {
        let engine = Engine::of_this_process()?;
        let number = Engine::next_number();
        let inner = Arc::clone(&self.0);
        let report =
            Report::new(number, Arc::clone(mailbox), inner.address.clone(), "the subscription".into());
        if inner.process != process::id() {
            report.deliver(Err(Error::AfterFork { address: inner.address.clone() }));
            return Ok(number);
        }
        let work = work(inner);
        engine.spawn(number, async move { report.deliver(work.await) });
        Ok(number)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.process != process::id() {
            // After a fork. Dropping a socket here would unregister it from the event queue of the parent.
            mem::forget(self.sender.get_mut().take());
            mem::forget(self.receiver.get_mut().take());
        }
    }
}

impl Inner {
    async fn sent(&self, text: Utf8Bytes) -> Result<(), Error> {
        let sending = async {
            match self.sender.lock().await.as_mut() {
                Some(sender) => sender.send(Message::Text(text)).await,
                None => Err(tungstenite::Error::AlreadyClosed),
            }
        };
        let limit = Limit::from_now(self.timeout);
        let (fault, stopped) = match within(limit, sending).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(fault)) => (fault, None),
            Err(_) => (would_block(), Some(limit.stop())),
        };
        Err(explain_socket(fault, &self.address, &locked(&self.msgtype), Phase::Send, stopped))
    }

    async fn received(&self) -> Result<Outcome, Error> {
        let mut receiver = self.receiver.lock().await;
        loop {
            let Some(receiver) = receiver.as_mut() else { return Ok(Outcome::Closed) };
            let next = match select(receiver.next(), pin!(self.open.acquire())).await {
                Either::Left((next, _)) => next,
                Either::Right(_) => return Ok(Outcome::Closed),
            };
            let body = match next {
                Some(Ok(Message::Text(text))) => text.into(),
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(Message::Close(_))) => {
                    // The answer to the goodbye is a courtesy; the subscription is over either way.
                    if let Some(sender) = self.sender.lock().await.as_mut() {
                        let _ = sender.flush().await;
                    }
                    return Ok(Outcome::Closed);
                }
                // Reading on sends the answer to a ping.
                Some(Ok(_)) => continue,
                None => return Ok(Outcome::Closed),
                Some(Err(fault)) if is_end_of_socket(&fault) => return Ok(Outcome::Closed),
                Some(Err(fault)) => {
                    return Err(explain_socket(
                        fault,
                        &self.address,
                        &locked(&self.msgtype),
                        Phase::Reply,
                        None,
                    ));
                }
            };
            return open_event(&self.address, &locked(&self.msgtype), &body).map(Outcome::Payload);
        }
    }
}

async fn shake_hands(
    dialer: &Dialer,
    max_message_bytes: u64,
    limit: Limit,
    attempt: &mut Attempt,
) -> Result<Socket, (tungstenite::Error, Option<Stop>)> {
    let scheme = if dialer.tls.is_some() { "wss" } else { "ws" };
    let uri = format!("{scheme}://{}/pubsub", dialer.endpoint.address);
    let stream = match dialer.dial(Purpose::Socket, attempt, limit).await {
        Ok(stream) => stream,
        Err(Failure::Io(fault)) => return Err((fault.into(), None)),
        Err(failure) => return Err((would_block(), stop_of(&failure))),
    };
    attempt.enter(Phase::Reply);
    let shaking = client_async_with_config(uri, stream, Some(socket_settings(max_message_bytes)));
    match within(limit, shaking).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(fault)) => Err((fault, None)),
        Err(_) => Err((would_block(), Some(limit.stop()))),
    }
}

fn stop_of(failure: &Failure) -> Option<Stop> {
    if let Failure::Stopped(stop) = failure { Some(*stop) } else { None }
}

fn would_block() -> tungstenite::Error {
    io::Error::from(io::ErrorKind::WouldBlock).into()
}
