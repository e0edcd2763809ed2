//! The client: sends signed messages to one Colonies server and returns the payloads of its replies.

use std::time::Duration;

use colonies_crypto::PrivateKey;
use colonies_proto::msgtype::only_reads;
use colonies_proto::{seal_unsigned, seal_with};
use ureq::http::{Request, Uri, header};

use crate::error::Error;
use crate::http::{Answer, Http, HttpRequest, Payload, TimeLimit};
use crate::interrupt::Interrupt;
use crate::reply;
use crate::rules::Fault;
use crate::settings::Settings;
use crate::signatures::Signatures;
use crate::subscription::Subscription;

/// A Colonies server to make calls to.
///
/// One client serves any number of threads: connections are pooled, and no thread waits for another's
/// reply. It may be used after `fork`, in the parent and in the child.
#[derive(Debug)]
pub struct Client {
    http: Http,
    uri: Uri,
    settings: Settings,
    signatures: Signatures,
}

impl Client {
    /// A client with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`Error::Settings`] where the settings cannot be right: a host that is none, a CA file that cannot be
    /// read.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let http = Http::new(&settings)?;
        let uri = format!("{}/api", http.origin()).parse().map_err(|fault| Error::Settings {
            what: format!("{:?} cannot be part of a URL: {fault}", http.address()),
        })?;
        Ok(Self { http, uri, settings, signatures: Signatures::default() })
    }

    /// Sends a message, the JSON text of type `msgtype`, and returns the payload of the reply.
    ///
    /// `key` signs it; pass none for the few messages that need no signature. The call fails after `timeout`
    /// (default: the timeout of the settings), at whatever point it is.
    ///
    /// A message is sent again only if its connection was already closed, and if the message either changes
    /// nothing on the server or certainly did not reach it.
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
        let body = match key {
            Some(key) => seal_with(msgtype, message, |payload| self.signatures.sign(payload, key)),
            None => seal_unsigned(msgtype, message),
        };
        let mut head = Request::new(());
        *head.method_mut() = ureq::http::Method::POST;
        head.uri_mut().clone_from(&self.uri);
        head.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        let request =
            HttpRequest { head, payload: Payload::Bytes(&body), is_repeatable: only_reads(msgtype) };
        let time_limit = TimeLimit::Whole(timeout.unwrap_or(self.settings.timeout));
        let read = |mut answer: Answer<'_>| {
            let body = answer.read_all(self.settings.max_reply_bytes)?;
            Ok((answer.status.as_u16(), body))
        };
        let address = self.http.address();
        let (status, body) = self
            .http
            .request(&request, time_limit, interrupt, read)
            .map_err(|fault: Fault| fault.of_call(address, msgtype))?;
        reply::open(address, msgtype, status, &body)
    }

    /// Opens a subscription socket. What to subscribe to is [sent](Subscription::send) on it.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn subscribe(&self, interrupt: &(dyn Interrupt + 'static)) -> Result<Subscription, Error> {
        let dialer = self.http.dialer();
        Subscription::open(&dialer, self.settings.timeout, self.settings.max_reply_bytes, interrupt)
    }
}
