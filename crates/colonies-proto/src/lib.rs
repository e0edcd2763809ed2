//! Envelopes and replies of the Colonies protocol: bytes in, bytes out, no I/O.
//!
//! A client [`seal`]s a message into a request body and opens the [`Reply`]; a server opens the
//! [`Request`] and builds the reply. Both sides use the same code, so they cannot drift apart; that it
//! is right is shown by recorded exchanges, never by one side agreeing with the other.
//!
//! What a message *says* is not known here. Messages are JSON texts with a `msgtype`; the envelope
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
