//! Why an HTTP answer did not arrive in full.

use std::io;
use std::time::Duration;

use crate::error::{Error, Phase};
use crate::reply::excerpt;
use crate::rules::{Attempt, Failure, Stop};

/// What kept an HTTP answer from arriving in full. The caller words it: what it means depends on the request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The server was never reached.
    Connect {
        /// Lookup, TCP connect, proxy or TLS handshake.
        phase: Phase,
        /// The error of the operating system, the proxy or the TLS library.
        source: io::Error,
    },
    /// A limit passed.
    Timeout {
        /// What was being waited for.
        phase: Phase,
        /// The limit.
        limit: Duration,
        /// Whether the server can have seen the whole request.
        sent: bool,
    },
    /// The connection was lost before the answer was complete.
    Disconnected {
        /// Whether the server can have seen the whole request.
        sent: bool,
        /// The error of the operating system.
        source: io::Error,
    },
    /// What came back is not HTTP, or too long.
    Protocol {
        /// The HTTP status, where it came that far.
        status: Option<u16>,
        /// What is wrong with the answer.
        what: String,
        /// How the answer begins: printable.
        excerpt: String,
    },
    /// The [`Interrupt`](crate::Interrupt) hook ended it.
    Interrupted {
        /// Whether the server can have seen the whole request.
        sent: bool,
    },
    /// The payload could not be read while it was sent.
    Source {
        /// What reading it failed with.
        source: io::Error,
    },
}

impl Fault {
    /// Names the failure of an attempt. `status` is that of the answer, where it came that far.
    pub fn explain(failure: Failure, attempt: &Attempt, status: Option<u16>) -> Self {
        let (phase, sent) = (attempt.phase(), attempt.is_sent());
        let protocol = |what| Self::Protocol { status, what, excerpt: excerpt(attempt.first_bytes()) };
        match failure {
            Failure::Stopped(Stop::Interrupted) => Self::Interrupted { sent },
            Failure::Stopped(Stop::TimedOut { limit }) => Self::Timeout { phase, limit, sent },
            Failure::Io(source) if phase.is_connecting() => Self::Connect { phase, source },
            Failure::Io(source) => Self::Disconnected { sent, source: plain(source) },
            Failure::TooLong(limit) => protocol(format!("the answer is longer than {limit} bytes")),
            Failure::Malformed(what) => protocol(what),
        }
    }

    /// The same as a failure of a call to a Colonies server.
    pub fn of_call(self, address: &str, msgtype: &str) -> Error {
        let address = address.to_owned();
        match self {
            Self::Connect { phase, source } => Error::Connect { address, phase, source },
            Self::Timeout { phase, limit, sent } => Error::Timeout { address, phase, limit, sent },
            Self::Disconnected { sent, source } => {
                Error::Disconnected { address, msgtype: msgtype.to_owned(), sent, source }
            }
            Self::Protocol { status, what, excerpt } => Error::Protocol { address, status, what, excerpt },
            Self::Interrupted { sent } => Error::Interrupted { address, sent },
            Self::Source { source } => {
                Error::Disconnected { address, msgtype: msgtype.to_owned(), sent: false, source }
            }
        }
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
