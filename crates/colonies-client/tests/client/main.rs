//! The client against servers that behave well, badly, and not at all.
#![allow(clippy::unwrap_used)]

mod answers;
mod connections;
mod encryption;
mod interrupts;
mod server;
mod subscriptions;
