//! Errors of starting a server, with their remedies.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why a server did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another program listens on this address.
    #[error("{address} is in use: stop what listens there, or choose port 0 to get a free one")]
    AddressInUse {
        /// The requested address.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}; choose an address of this machine and a port above 1023")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The data directory cannot be used.
    #[error("cannot keep data in {}: {reason}", directory.display())]
    DataDirectory {
        /// The requested directory.
        directory: PathBuf,
        /// What is wrong with it, and what to do about it.
        reason: String,
    },
    /// A certificate or its key cannot be used.
    #[error("cannot encrypt with {}: it {what}", file.display())]
    Tls {
        /// The file that is to blame.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// An origin to allow is malformed.
    #[error(
        "invalid origin {origin:?}: write scheme://host or scheme://host:port without a path, or * for all"
    )]
    Origin {
        /// The origin.
        origin: String,
    },
    /// A host name to allow is malformed.
    #[error("invalid host {host:?}: write a name without scheme, port and path")]
    Host {
        /// The host.
        host: String,
    },
    /// The store was opened, but cannot be set up.
    #[error("cannot set up the store: {0}; remove the data directory to start anew")]
    Store(String),
    /// The operating system refused to start threads.
    #[error("cannot start the server's threads: {0}; other programs may be using too many")]
    Threads(io::Error),
}
