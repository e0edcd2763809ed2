//! Errors of calls, with their remedies.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::proxy::ProxyFault;

/// Why a call to a Colonies server brought back no result. Variants are causes; the texts are for people.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot be right. Nothing was opened.
    #[error("{what}")]
    Settings {
        /// The setting, and the reason.
        what: String,
    },
    /// The server was never reached, so it did not see the message.
    #[error("cannot reach {address}: {phase} failed: {source}; {}", connect_remedy(*phase, source))]
    Connect {
        /// `host:port`.
        address: String,
        /// Lookup, TCP connect or TLS handshake.
        phase: Phase,
        /// The error of the operating system or the TLS library.
        source: io::Error,
    },
    /// A deadline passed.
    #[error("no reply from {address} within {limit:?}, given up during {phase}; {}", timeout_remedy(*phase, *sent))]
    Timeout {
        /// `host:port`.
        address: String,
        /// What the call was waiting for.
        phase: Phase,
        /// The limit that passed: the connect timeout or that of the whole call.
        limit: Duration,
        /// Whether the server can have seen the message.
        sent: bool,
    },
    /// The connection was lost before the reply was complete.
    #[error("the connection to {address} was lost ({source}); {}", lost_remedy(msgtype, *sent))]
    Disconnected {
        /// `host:port`.
        address: String,
        /// The message's type.
        msgtype: String,
        /// Whether the server can have seen the message, and so may have acted on it.
        sent: bool,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Something came back, but no reply of a Colonies server.
    #[error("{address} did not answer like a Colonies server{}: {what}{}; {}", http_status(*status), quote(excerpt), protocol_remedy(*status))]
    Protocol {
        /// `host:port`.
        address: String,
        /// The HTTP status, where it came that far.
        status: Option<u16>,
        /// What is wrong with the answer.
        what: String,
        /// How the answer begins: at most 200 characters, all of them printable.
        excerpt: String,
    },
    /// The server read the message and refused it.
    #[error("{address} refused {msgtype} with status {status}: {message}")]
    Refused {
        /// `host:port`.
        address: String,
        /// The status the server gave, as in HTTP.
        status: u16,
        /// The message's type.
        msgtype: String,
        /// The server's words, for people; never matched on.
        message: String,
    },
    /// Status 200 with an empty body. Servers answer some messages like this if the sender has no access.
    #[error(
        "{address} answered {msgtype} with status 200 and no reply; servers do so where the sender has no access: check the private key"
    )]
    EmptyReply {
        /// `host:port`.
        address: String,
        /// The message's type.
        msgtype: String,
    },
    /// The [`Interrupt`](crate::Interrupt) hook ended the call.
    #[error("the call to {address} was interrupted{}", if *sent { " after its message was sent: it may have been processed" } else { " before its message was sent" })]
    Interrupted {
        /// `host:port`.
        address: String,
        /// Whether the server can have seen the message.
        sent: bool,
    },
    /// A subscription was used in a process that did not open it.
    #[error(
        "the subscription at {address} belongs to the process that opened it: after a fork, subscribe again"
    )]
    AfterFork {
        /// `host:port`.
        address: String,
    },
}

/// What a call is doing while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the host's addresses.
    Lookup,
    /// Opening the TCP connection.
    Connect,
    /// Having a proxy open a tunnel to the server.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// Sending the message.
    Send,
    /// Waiting for the first byte of the reply.
    Reply,
    /// Reading the rest of the reply.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lookup => "name lookup",
            Self::Connect => "the TCP connect",
            Self::Proxy => "the request to the proxy",
            Self::Tls => "the TLS handshake",
            Self::Send => "the sending of the message",
            Self::Reply => "the wait for the reply",
            Self::Body => "the reading of the reply",
        })
    }
}

impl Phase {
    /// True while there is no connection yet.
    pub(crate) fn is_connecting(self) -> bool {
        matches!(self, Self::Lookup | Self::Connect | Self::Proxy | Self::Tls)
    }
}

impl Error {
    /// True where the very same call may succeed later without the caller changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { source, .. } => certificate_fault(source).is_none(),
            Self::Timeout { .. } | Self::Disconnected { .. } => true,
            Self::Protocol { status: Some(status), .. } | Self::Refused { status, .. } => {
                matches!(status, 408 | 429 | 502 | 503 | 504)
            }
            Self::Protocol { status: None, .. }
            | Self::Settings { .. }
            | Self::EmptyReply { .. }
            | Self::Interrupted { .. }
            | Self::AfterFork { .. } => false,
        }
    }

    /// True where the server may have done what the message says although no reply tells so. Sending a
    /// message that changes something again may then do it twice.
    pub fn may_have_been_processed(&self) -> bool {
        match self {
            Self::Timeout { sent, .. } | Self::Disconnected { sent, .. } | Self::Interrupted { sent, .. } => {
                *sent
            }
            Self::Protocol { .. } | Self::EmptyReply { .. } => true,
            Self::Settings { .. } | Self::Connect { .. } | Self::Refused { .. } | Self::AfterFork { .. } => {
                false
            }
        }
    }
}

/// The certificate problem that ended a TLS handshake, if it was one.
fn certificate_fault(source: &io::Error) -> Option<&rustls::CertificateError> {
    match tls_fault(source)? {
        rustls::Error::InvalidCertificate(fault) => Some(fault),
        _ => None,
    }
}

fn tls_fault(source: &io::Error) -> Option<&rustls::Error> {
    source.get_ref()?.downcast_ref()
}

fn is_of_proxy(source: &io::Error) -> bool {
    source.get_ref().and_then(|source| source.downcast_ref::<ProxyFault>()).is_some()
}

/// True where the process, or the machine, has reached its limit of open files.
fn is_out_of_files(source: &io::Error) -> bool {
    // EMFILE and ENFILE; WSAEMFILE on Windows.
    let numbers: &[i32] = if cfg!(windows) { &[10024] } else { &[23, 24] };
    source.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

fn connect_remedy(phase: Phase, source: &io::Error) -> &'static str {
    match phase {
        _ if is_of_proxy(source) => {
            "check the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names, or let NO_PROXY name this host"
        }
        _ if is_out_of_files(source) => {
            "no more files can be opened, and each connection is one: raise the limit (`ulimit -n`)"
        }
        Phase::Lookup => "check the host name, and that this machine can look names up",
        Phase::Tls if certificate_fault(source).is_some() => {
            "if the certificate is the right one, name the file of the CA that signed it"
        }
        Phase::Tls if matches!(tls_fault(source), Some(rustls::Error::InvalidMessage(_))) => {
            "the server does not seem to speak TLS on this port: check the port, or turn TLS off"
        }
        Phase::Tls => "check that the server speaks TLS on this port",
        _ if source.kind() == io::ErrorKind::ConnectionRefused => {
            "is a Colonies server running there? start one with `pycolonies dev`"
        }
        _ => "check host, port and network",
    }
}

fn timeout_remedy(phase: Phase, sent: bool) -> &'static str {
    match phase {
        Phase::Lookup => "check the host name, and that this machine can look names up",
        Phase::Connect => "check host and port, and whether a firewall drops the packets",
        Phase::Proxy => "the proxy did not answer in time: check it, or let NO_PROXY name this host",
        Phase::Tls => "check that the server speaks TLS on this port",
        _ if sent => {
            "the message may have been processed: look before sending it again, or give the call more time"
        }
        _ => "the message was not processed; give the call more time",
    }
}

fn lost_remedy(msgtype: &str, sent: bool) -> String {
    if sent {
        format!("{msgtype} may have been processed: look before sending it again")
    } else {
        format!("{msgtype} was not sent completely and so not processed: send it again")
    }
}

fn protocol_remedy(status: Option<u16>) -> &'static str {
    match status {
        Some(407) => "a proxy wants to know who asks: put user and password into its URL",
        Some(502..=504) => "a proxy in front of the server cannot reach it: try again, or check the server",
        _ => "check that host and port are those of the server's API, and whether it wants TLS",
    }
}

fn http_status(status: Option<u16>) -> String {
    status.map_or_else(String::new, |status| format!(" (HTTP status {status})"))
}

fn quote(excerpt: &str) -> String {
    if excerpt.is_empty() { String::new() } else { format!(" (it begins {excerpt:?})") }
}
