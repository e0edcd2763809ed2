//! The connections of the HTTP library.

use std::io::{self, Read, Write};
use std::mem;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::error::Phase;
use crate::rules::is_hung_up;
use crate::stream::{Dialer, Purpose, Stream};
use crate::waiting::current;

const INPUT: usize = 32 * 1024;
/// What the library gets to write into at once.
const OUTPUT: usize = 16 * 1024;
/// From here on output is sent before the request is complete.
const GATHERED: usize = 64 * 1024;

/// Finds nothing: the library asks before every call, even for one that takes an open connection, so the
/// name is looked up in [`Dialer::dial`].
#[derive(Debug)]
pub(crate) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut none = self.empty();
        none.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
        Ok(none)
    }
}

/// Opens connections through a [`Dialer`].
#[derive(Debug)]
pub(crate) struct Dialing(pub(crate) Arc<Dialer>);

impl Connector for Dialing {
    type Out = Connection;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, ureq::Error> {
        current(|waiting| waiting.attempt().note_opened());
        let stream = self.0.dial(Purpose::Requests)?;
        let origin = self.0.reading_proxy().map(|_| format!("http://{}", self.0.endpoint.address));
        Ok(Some(Connection::new(stream, origin)))
    }
}

/// A connection with its buffers.
///
/// Deadlines are those of the call ([`crate::waiting`]), so the library's own are not used.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    input: Vec<u8>,
    /// The part of `input` that was read and not yet used.
    unused: Range<usize>,
    /// The library used some of the input last time, so the rest may be enough for its next step.
    progress: bool,
    output: Vec<u8>,
    /// How much of `output` waits to be sent. Head and body of a small request go out together.
    gathered: usize,
    /// Nothing was sent since the connection was last found good.
    is_resting: bool,
    /// Put before the path of each request, where a proxy reads it.
    origin: Option<String>,
    /// What is sent next is the beginning of a request.
    begins: bool,
    /// Why the rest of the request cannot be sent. The server may have closed its side on purpose, once it had
    /// answered: what it said is worth more than that it hung up.
    deaf: Option<io::Error>,
}

impl Connection {
    fn new(stream: Stream, origin: Option<String>) -> Self {
        Self {
            stream,
            input: Vec::new(),
            unused: 0..0,
            progress: false,
            output: Vec::new(),
            gathered: 0,
            is_resting: false,
            origin,
            begins: true,
            deaf: None,
        }
    }

    fn send(&mut self) -> Result<(), ureq::Error> {
        let sent = self.stream.write_all(&self.output[..self.gathered]).and_then(|()| self.stream.flush());
        self.gathered = 0;
        match sent {
            Err(fault) if is_hung_up(fault.kind()) => self.deaf = Some(fault),
            sent => sent?,
        }
        Ok(())
    }

    /// Makes `GET /path` to `GET http://host:port/path` for a proxy. Returns by how much that is longer.
    fn name_origin(&mut self, amount: usize) -> usize {
        let begins = mem::replace(&mut self.begins, false);
        let Some(origin) = self.origin.as_ref().filter(|_| begins) else { return 0 };
        let request = &self.output[self.gathered..self.gathered + amount];
        let Some(space) = request.iter().position(|byte| *byte == b' ') else { return 0 };
        let path = self.gathered + space + 1;
        self.output.splice(path..path, origin.bytes());
        origin.len()
    }

    fn free_output(&mut self) -> &mut [u8] {
        let end = self.gathered + OUTPUT;
        if self.output.len() < end {
            self.output.resize(end, 0);
        }
        &mut self.output[self.gathered..end]
    }

    fn free_input(&mut self) -> &mut [u8] {
        if self.input.is_empty() {
            self.input.resize(INPUT, 0);
        }
        if self.unused.is_empty() {
            self.unused = 0..0;
        } else if self.unused.end == self.input.len() {
            self.input.copy_within(self.unused.clone(), 0);
            self.unused = 0..self.unused.len();
        }
        &mut self.input[self.unused.end..]
    }
}

impl Buffers for Connection {
    fn output(&mut self) -> &mut [u8] {
        self.free_output()
    }

    fn input(&self) -> &[u8] {
        &self.input[self.unused.clone()]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.free_input()
    }

    fn input_appended(&mut self, amount: usize) {
        self.unused.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.unused.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.free_input();
        self.free_output();
        let end = self.gathered + OUTPUT;
        (&mut self.input[self.unused.end..], &mut self.output[self.gathered..end])
    }

    fn can_use_input(&self) -> bool {
        !self.unused.is_empty() && self.progress
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        current(|waiting| waiting.enter(Phase::Send));
        self.is_resting = false;
        if self.deaf.is_some() {
            return Ok(());
        }
        self.gathered += amount + self.name_origin(amount);
        if self.gathered >= GATHERED { self.send() } else { Ok(()) }
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        if self.gathered > 0 {
            self.send()?;
        }
        current(|waiting| {
            if self.deaf.is_none() {
                waiting.attempt().note_sent();
            } else if waiting.phase() == Phase::Send {
                waiting.enter(Phase::Reply);
            }
        });
        self.free_input();
        let read = self.stream.read(&mut self.input[self.unused.end..]);
        let is_silent = read.as_ref().map_or_else(|fault| is_hung_up(fault.kind()), |read| *read == 0);
        if let Some(fault) = self.deaf.take_if(|_| is_silent) {
            return Err(fault.into());
        }
        let read = read?;
        let new = self.unused.end..self.unused.end + read;
        current(|waiting| waiting.attempt().note_received(&self.input[new.clone()]));
        self.unused.end = new.end;
        Ok(read > 0)
    }

    /// The pool asks twice, when a connection comes back and when it goes out again. The socket is read the
    /// second time only. Bytes that came with the last answer are no part of it: the next request would take
    /// them for its own answer.
    fn is_open(&mut self) -> bool {
        if self.deaf.is_some() || !self.unused.is_empty() {
            return false;
        }
        if self.is_resting {
            return self.stream.is_reusable();
        }
        self.is_resting = true;
        self.begins = true;
        true
    }

    fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }
}
