//! Decoders of bytes from clients, for the targets in `fuzz/`.

pub use crate::engine::fuzzing::Messages;
pub use crate::http::fuzzing::head;
pub use crate::machine::fuzzing::cron;
