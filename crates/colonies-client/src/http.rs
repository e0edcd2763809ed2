//! HTTP requests over pooled connections, with limits, interrupts and one retry on a closed connection.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::header::{CONTENT_LENGTH, HeaderMap, PROXY_AUTHORIZATION};
use ureq::http::{self, HeaderValue, StatusCode};
use ureq::{AsSendBody, BodyReader, SendBody};

use crate::agents::{Agents, Generation};
use crate::error::{Error, Phase};
use crate::interrupt::Interrupt;
use crate::proxy::Proxy;
use crate::rules::{Failure, Fault, judge};
use crate::settings::Settings;
use crate::stream::Dialer;
use crate::tls;
use crate::waiting::Waiting;

/// Requests to one HTTP server over pooled connections: what [`Client`](crate::Client) and other protocols
/// over HTTP share.
///
/// Serves any number of threads. It may be used after `fork`, in the parent and in the child.
#[derive(Debug)]
pub struct Http {
    agents: Agents,
    origin: String,
    address: String,
}

/// A request, ready to be sent.
#[derive(Debug)]
pub struct HttpRequest<'a> {
    /// Method, the whole URL, and headers besides those of HTTP itself.
    pub head: http::Request<()>,
    /// What it carries.
    pub payload: Payload<'a>,
    /// Whether it may reach the server twice. It is then sent again where a connection that was idle turns
    /// out to be gone.
    pub is_repeatable: bool,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// No body.
    None,
    /// These bytes.
    Bytes(&'a [u8]),
    /// `length` bytes, read while they are sent.
    Stream {
        /// The length in bytes.
        length: u64,
        /// Where they are read.
        content: &'a dyn Content,
    },
}

/// Content that is read while it is sent.
pub trait Content {
    /// Goes to the first byte. Called before each time that the request is sent.
    fn rewind(&self);
    /// Reads on, as [`Read::read`] does.
    ///
    /// # Errors
    /// Whatever keeps it from being read; it comes back as [`Fault::Source`].
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLimit {
    /// As long as this, from its beginning to the last byte of the answer.
    Whole(Duration),
    /// As long as it takes, but never as long as this without a byte going out or coming in.
    Silence(Duration),
}

/// An answer whose body is being read.
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    body: BodyReader<'static>,
    length: Option<u64>,
    waiting: &'a Waiting,
}

impl Http {
    /// Requests to the server of these settings, whose limits for whole calls are not used. Opens no
    /// connection.
    ///
    /// # Errors
    /// [`Error::Settings`] where the settings cannot be right.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let endpoint = settings.endpoint()?;
        let tls = tls::config(&settings.tls)?;
        let proxy = settings.proxy.as_deref().map(Proxy::parse).transpose()?;
        let address = endpoint.address.clone();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{address}");
        Ok(Self { agents: Agents::new(settings, endpoint, proxy, tls), origin, address })
    }

    /// `scheme://host:port`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn dialer(&self) -> Arc<Dialer> {
        Arc::clone(&self.agents.current().dialer)
    }

    /// Sends a request and has its answer read by `read`.
    ///
    /// # Errors
    /// A [`Fault`] where no answer came, and whatever `read` makes of the answer.
    pub fn request<T, E: From<Fault>>(
        &self,
        request: &HttpRequest<'_>,
        time_limit: TimeLimit,
        interrupt: &(dyn Interrupt + 'static),
        read: impl FnOnce(Answer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let waiting = match time_limit {
            TimeLimit::Whole(limit) => Waiting::new(limit),
            TimeLimit::Silence(limit) => Waiting::in_silence(limit),
        };
        waiting.run(interrupt, || {
            let response = self.send(request, &waiting)?;
            waiting.enter(Phase::Body);
            let (head, body) = response.into_parts();
            let length = body.content_length();
            let body = body.into_reader();
            read(Answer { status: head.status, headers: head.headers, body, length, waiting: &waiting })
        })
    }

    fn send(
        &self,
        request: &HttpRequest<'_>,
        waiting: &Waiting,
    ) -> Result<http::Response<ureq::Body>, Fault> {
        let mut repeats = 0;
        loop {
            let generation = self.agents.current();
            waiting.attempt().begin();
            let mut unreadable = None;
            let cause = match once(request, &generation, &mut unreadable) {
                Ok(response) => return Ok(response),
                Err(cause) => cause,
            };
            if let Some(fault) = unreadable {
                return Err(Fault::Source { source: fault });
            }
            let failure = failure_of(cause, waiting);
            let verdict = judge(&waiting.attempt(), &failure, request.is_repeatable, repeats);
            if verdict.retire {
                self.agents.retire(&generation);
            }
            if !verdict.again {
                return Err(Fault::explain(failure, &waiting.attempt(), None));
            }
            repeats += 1;
        }
    }
}

fn failure_of(cause: ureq::Error, waiting: &Waiting) -> Failure {
    match (waiting.stopped(), cause) {
        (Some(stop), _) => Failure::Stopped(stop),
        (None, ureq::Error::Io(source)) => Failure::Io(source),
        (None, ureq::Error::BodyExceedsLimit(limit)) => Failure::TooLong(limit),
        (None, cause) => Failure::Malformed(cause.to_string()),
    }
}

fn once(
    request: &HttpRequest<'_>,
    generation: &Generation,
    unreadable: &mut Option<io::Error>,
) -> Result<http::Response<ureq::Body>, ureq::Error> {
    match request.payload {
        Payload::None => run(generation, request, ()),
        Payload::Bytes(bytes) => run(generation, request, bytes),
        Payload::Stream { length, content } => {
            content.rewind();
            let mut source = Source { content, left: length, unreadable };
            run(generation, request, SendBody::from_reader(&mut source))
        }
    }
}

fn run(
    generation: &Generation,
    request: &HttpRequest<'_>,
    body: impl AsSendBody,
) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let mut sent = request.head.clone().map(|()| body);
    if let Payload::Stream { length, .. } = request.payload {
        sent.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let proxy = generation.dialer.reading_proxy();
    if let Some(value) = proxy.and_then(|proxy| proxy.authorization.clone()) {
        sent.headers_mut().insert(PROXY_AUTHORIZATION, value);
    }
    generation.agent.run(sent)
}

/// Keeps what reading a payload failed with: the library knows failures of the network only.
struct Source<'a> {
    content: &'a dyn Content,
    left: u64,
    unreadable: &'a mut Option<io::Error>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        match self.content.read(&mut buffer[..wanted]) {
            Ok(read) if read > 0 || wanted == 0 => {
                self.left -= read as u64;
                Ok(read)
            }
            result => {
                let fault = result.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into());
                let again = io::Error::from(fault.kind());
                *self.unreadable = Some(fault);
                Err(again)
            }
        }
    }
}

impl std::fmt::Debug for Payload<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = match self {
            Self::None => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stream { length, .. } => *length,
        };
        write!(formatter, "Payload({length} bytes)")
    }
}

impl Answer<'_> {
    /// The length of the body, if the server sent it.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Reads the next piece of the body; 0 at its end.
    ///
    /// # Errors
    /// [`Fault`] where the rest does not come.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.body.read(buffer).map_err(|fault| self.explain(fault.into()))
    }

    /// Reads the whole body into memory.
    ///
    /// # Errors
    /// [`Fault::Protocol`] where it is longer than `limit`; as [`Self::read`].
    pub fn read_all(&mut self, limit: u64) -> Result<Vec<u8>, Fault> {
        let announced = self.length.unwrap_or(0);
        if announced > limit {
            return Err(self.explain(ureq::Error::BodyExceedsLimit(limit)));
        }
        // What is only announced is not worth more memory than this.
        let mut bytes = Vec::with_capacity(usize::try_from(announced.min(1 << 20)).unwrap_or(0));
        // A byte more, to tell an end from a limit.
        let read = (&mut self.body).take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|fault| self.explain(fault.into()))?;
        if bytes.len() as u64 > limit {
            return Err(self.explain(ureq::Error::BodyExceedsLimit(limit)));
        }
        Ok(bytes)
    }

    fn explain(&self, cause: ureq::Error) -> Fault {
        let failure = failure_of(cause, self.waiting);
        Fault::explain(failure, &self.waiting.attempt(), Some(self.status.as_u16()))
    }
}
