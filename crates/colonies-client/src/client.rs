use std::io::{self, Read};
use std::time::Duration;

use colonies_crypto::PrivateKey;
use colonies_proto::msgtype::only_reads;
use colonies_proto::{seal, seal_unsigned};
use ureq::http::{Request, Uri, header};
use ureq::{Agent, Body};

use crate::agents::Agents;
use crate::error::{Error, Phase};
use crate::interrupt::Interrupt;
use crate::reply::{self, excerpt};
use crate::settings::Settings;
use crate::subscription::Subscription;
use crate::tls;
use crate::waiting::{Stop, Waiting};

/// How often a message that surely did no harm is sent again when its connection had gone stale.
const REPEATS: usize = 2;

/// A Colonies server to make calls to.
///
/// One client serves any number of threads: connections are pooled, and no thread waits for another's
/// reply. It may be used after `fork`, in the parent and in the child.
#[derive(Debug)]
pub struct Client {
    agents: Agents,
    uri: Uri,
    address: String,
    settings: Settings,
}

/// What kept an HTTP answer from coming in whole.
struct Fault {
    /// That of the answer, if so much came.
    status: Option<u16>,
    cause: ureq::Error,
}

impl Client {
    /// A client with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`Error::Settings`] where the settings cannot be right: a host that is none, a CA file that cannot be
    /// read.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let endpoint = settings.endpoint()?;
        let tls = tls::config(&settings.tls)?;
        let address = endpoint.address.clone();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let uri = format!("{scheme}://{address}/api").parse().map_err(|fault| Error::Settings {
            what: format!("{address:?} cannot be part of a URL: {fault}"),
        })?;
        Ok(Self { agents: Agents::new(&settings, endpoint, tls), uri, address, settings })
    }

    /// Sends a message, the JSON text of type `msgtype`, and returns the payload of the reply.
    ///
    /// `key` signs it; the few messages that nobody has to sign go without. The call ends after `timeout`
    /// (the settings' one if none is given), however far it came.
    ///
    /// A message is sent again only if its connection turned out to be closed already, and if it changes
    /// nothing on the server or surely did not reach it.
    ///
    /// # Errors
    /// All causes but [`Error::Settings`] and [`Error::AfterFork`].
    pub fn call(
        &self,
        msgtype: &str,
        message: &[u8],
        key: Option<&PrivateKey>,
        timeout: Option<Duration>,
        interrupt: &(dyn Interrupt + 'static),
    ) -> Result<Vec<u8>, Error> {
        let body = seal_for(msgtype, message, key);
        let waiting = Waiting::new(timeout.unwrap_or(self.settings.timeout));
        waiting.run(interrupt, || self.exchange(msgtype, &body, &waiting))
    }

    /// Opens a subscription socket. What to subscribe to is [sent](Subscription::send) on it.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn subscribe(&self, interrupt: &(dyn Interrupt + 'static)) -> Result<Subscription, Error> {
        let dialer = &self.agents.current().dialer;
        Subscription::open(dialer, self.settings.timeout, self.settings.max_reply_bytes, interrupt)
    }

    fn exchange(&self, msgtype: &str, body: &[u8], waiting: &Waiting) -> Result<Vec<u8>, Error> {
        let progress = &waiting.progress;
        let mut repeats = 0;
        loop {
            let generation = self.agents.current();
            progress.begin();
            let fault = match self.post(&generation.agent, body, waiting) {
                Ok((status, body)) => return reply::open(&self.address, msgtype, status, &body),
                Err(fault) => fault,
            };
            // Silence on a connection that was idle for a while is as suspicious as its end: firewalls
            // forget connections without a word.
            let is_lost = matches!(fault.cause, ureq::Error::Io(_)) && waiting.stopped().is_none();
            let is_silent = matches!(waiting.stopped(), Some(Stop::TimedOut { .. }));
            let is_stale = progress.is_reused() && !progress.is_answered() && (is_lost || is_silent);
            if is_stale {
                self.agents.retire(&generation);
            }
            let is_harmless = only_reads(msgtype) || !progress.is_sent();
            if is_stale && is_lost && is_harmless && repeats < REPEATS {
                repeats += 1;
                continue;
            }
            return Err(self.explain(fault, msgtype, waiting));
        }
    }

    fn post(&self, agent: &Agent, body: &[u8], waiting: &Waiting) -> Result<(u16, Vec<u8>), Fault> {
        let early = |cause| Fault { status: None, cause };
        let request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|fault| early(fault.into()))?;
        let response = agent.run(request).map_err(early)?;
        waiting.enter(Phase::Body);
        let status = response.status().as_u16();
        let body = self.read(response.into_body()).map_err(|cause| Fault { status: Some(status), cause })?;
        Ok((status, body))
    }

    fn read(&self, body: Body) -> Result<Vec<u8>, ureq::Error> {
        let limit = self.settings.max_reply_bytes;
        let announced = body.content_length().unwrap_or(0);
        if announced > limit {
            return Err(ureq::Error::BodyExceedsLimit(limit));
        }
        // What is only announced is not worth more memory than this.
        let mut bytes = Vec::with_capacity(usize::try_from(announced.min(1 << 20)).unwrap_or(0));
        body.into_with_config().limit(limit).reader().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn explain(&self, Fault { status, cause }: Fault, msgtype: &str, waiting: &Waiting) -> Error {
        let address = self.address.clone();
        let progress = &waiting.progress;
        let (phase, sent) = (waiting.phase(), progress.is_sent());
        match (waiting.stopped(), cause) {
            (Some(Stop::Interrupted), _) => Error::Interrupted { address, sent },
            (Some(Stop::TimedOut { limit }), _) => Error::Timeout { address, phase, limit, sent },
            (None, ureq::Error::Io(source)) if phase.is_connecting() => {
                Error::Connect { address, phase, source }
            }
            (None, ureq::Error::Io(source)) => {
                Error::Disconnected { address, msgtype: msgtype.to_owned(), sent, source: plain(source) }
            }
            (None, cause) => {
                let what = match cause {
                    ureq::Error::BodyExceedsLimit(limit) => {
                        format!("the answer is longer than {limit} bytes")
                    }
                    cause => cause.to_string(),
                };
                Error::Protocol { address, status, what, excerpt: excerpt(&progress.first_bytes()) }
            }
        }
    }
}

/// The envelope around a message.
pub(crate) fn seal_for(msgtype: &str, message: &[u8], key: Option<&PrivateKey>) -> Vec<u8> {
    match key {
        Some(key) => seal(msgtype, message, key),
        None => seal_unsigned(msgtype, message),
    }
}

/// An end of the connection in words that say whose end it was.
fn plain(source: io::Error) -> io::Error {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it")
    } else {
        source
    }
}
