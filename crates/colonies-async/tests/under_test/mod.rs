//! The asynchronous client with the methods of the blocking one.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use colonies_async::Subscription as InnerSubscription;
use colonies_async::{Call, Client as Inner, Engine, Mailbox, Outcome, Reader};
use colonies_client::{Error, Event, Interrupt, NoInterrupt, Settings};
use colonies_crypto::PrivateKey;

/// How often an interrupt hook is asked, as by the blocking client.
const SLICE: Duration = Duration::from_millis(100);

pub(crate) struct Client(Arc<Inner>);

impl Client {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        Inner::new(settings, 32).map(Self)
    }

    pub(crate) fn call(
        &self,
        msgtype: &str,
        message: &[u8],
        key: Option<&PrivateKey>,
        timeout: Option<Duration>,
        interrupt: &(dyn Interrupt + 'static),
    ) -> Result<Vec<u8>, Error> {
        let key = key.map(|key| Arc::new(PrivateKey::from_hex(&key.to_hex()).unwrap()));
        let call = Call { msgtype: msgtype.to_owned(), message: message.to_vec(), key, timeout };
        match Pending::new(|mailbox| self.0.start(call, mailbox)).wait(interrupt)? {
            Outcome::Payload(payload) => Ok(payload),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn subscribe(&self, interrupt: &(dyn Interrupt + 'static)) -> Result<Subscription, Error> {
        match Pending::new(|mailbox| self.0.subscribe(mailbox)).wait(interrupt)? {
            Outcome::Opened(socket) => Ok(Subscription { socket, next: None }),
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Subscription {
    socket: InnerSubscription,
    /// A wait that outlived the call that began it.
    next: Option<Pending>,
}

impl Subscription {
    pub(crate) fn send(
        &mut self,
        msgtype: &str,
        message: &[u8],
        key: Option<&PrivateKey>,
    ) -> Result<(), Error> {
        Pending::new(|mailbox| self.socket.send(msgtype, message, key, mailbox)).wait(&NoInterrupt).map(drop)
    }

    pub(crate) fn next(
        &mut self,
        timeout: Duration,
        interrupt: &(dyn Interrupt + 'static),
    ) -> Result<Event, Error> {
        let pending = self.next.take().unwrap_or_else(|| Pending::new(|mailbox| self.socket.next(mailbox)));
        let deadline = Instant::now() + timeout.max(Duration::from_millis(1));
        let mut asked = Instant::now();
        loop {
            match pending.outcome() {
                Some(outcome) => {
                    return outcome.map(|outcome| match outcome {
                        Outcome::Payload(payload) => Event::Message(payload),
                        Outcome::Closed => Event::Closed,
                        other => panic!("{other:?}"),
                    });
                }
                None if Instant::now() >= deadline => {
                    self.next = Some(pending);
                    return Ok(Event::TimedOut);
                }
                None if is_interrupted(&mut asked, interrupt) => {
                    self.next = Some(pending);
                    return Err(Error::Interrupted { address: String::new(), sent: false });
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    pub(crate) fn close(self) {
        self.socket.close();
    }
}

/// Work whose outcome has not come yet.
#[derive(Debug)]
struct Pending {
    number: u64,
    mailbox: Arc<Mailbox>,
    _reader: Reader,
}

impl Pending {
    fn new(start: impl FnOnce(&Arc<Mailbox>) -> std::io::Result<u64>) -> Self {
        let (mailbox, reader) = Mailbox::new().unwrap();
        let mailbox = Arc::new(mailbox);
        Self { number: start(&mailbox).unwrap(), mailbox, _reader: reader }
    }

    fn outcome(&self) -> Option<Result<Outcome, Error>> {
        let (number, outcome) = self.mailbox.take(1).pop()?;
        assert_eq!(number, self.number);
        Some(outcome)
    }

    fn wait(&self, interrupt: &(dyn Interrupt + 'static)) -> Result<Outcome, Error> {
        let mut asked = Instant::now();
        loop {
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            if is_interrupted(&mut asked, interrupt) {
                Engine::of_this_process().unwrap().cancel(self.number);
            }
            thread::sleep(Duration::from_micros(200));
        }
    }
}

fn is_interrupted(asked: &mut Instant, interrupt: &(dyn Interrupt + 'static)) -> bool {
    if asked.elapsed() < SLICE {
        return false;
    }
    *asked = Instant::now();
    interrupt.interrupted()
}
