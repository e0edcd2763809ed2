//! The rules of a call: what may be sent again, when a reply is missing, and the names of failures.
//!
//! Nothing here does I/O. The blocking and the asynchronous client both use these rules, so that they repeat the
//! same messages.

mod attempt;
mod fault;
mod limit;
mod socket;
mod verdict;

use std::io;
use std::time::Duration;

pub use attempt::Attempt;
pub use fault::Fault;
pub use limit::{Limit, Stop};
pub use socket::{explain_socket, is_end_of_socket, socket_settings};
pub use verdict::{Verdict, judge};

/// How many times a request is sent again when its connection was stale and the request did no harm.
pub const REPEATS: usize = 2;
/// Idle connections are used for this long. Servers close them after 120 s, proxies often after 60 s.
pub const IDLE_AGE: Duration = Duration::from_secs(45);
/// The longest head of an answer, in bytes.
pub const MAX_HEAD: usize = 16 * 1024;
/// How the client names itself in requests.
pub const USER_AGENT: &str = concat!("colonies-client/", env!("CARGO_PKG_VERSION"));

/// Why an attempt brought no answer.
#[derive(Debug)]
pub enum Failure {
    /// The caller or the clock ended it.
    Stopped(Stop),
    /// The operating system, the TLS library or the proxy reported an error.
    Io(io::Error),
    /// The answer is longer than this many bytes.
    TooLong(u64),
    /// The answer is not HTTP. The text gives the reason.
    Malformed(String),
}

/// True for the errors of a write whose peer no longer reads.
///
/// A server may close its side on purpose once it has answered, so the answer must be read before the error counts.
pub fn is_hung_up(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}
