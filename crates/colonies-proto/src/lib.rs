//! Envelopes and replies of the Colonies protocol: bytes in, bytes out, no I/O.
//!
//! A client [`seal`]s a message into a request body and opens the [`Reply`]; a server opens the
//! [`Request`] and builds the reply. Both sides use the same code, so they cannot drift apart. Tests compare
//! it with recorded exchanges of a real server.
//!
//! The content of messages is opaque here. Messages are JSON texts with a `msgtype`; the envelope
//! repeats that type outside the signed part, as `payloadtype`.

mod base64;
pub mod deep;
mod lenient;
pub mod msgtype;
mod reply;
mod request;

pub use lenient::{Fault, from_json};
pub use reply::{Reply, ReplyError};
pub use request::{Request, seal, seal_unsigned, seal_with};
