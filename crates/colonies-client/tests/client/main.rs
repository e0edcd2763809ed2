//! The client against servers that behave well, badly, and not at all. The asynchronous client passes the same tests.
#![allow(clippy::unwrap_used)]

mod answers;
mod connections;
mod encryption;
mod interrupts;
mod server;
mod subscriptions;

/// What the tests are about; the asynchronous client has another module of this name.
mod under_test {
    pub(crate) use colonies_client::{Client, Subscription};
}
