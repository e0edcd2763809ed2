//! The asynchronous client against the servers of the blocking client's tests.
#![allow(clippy::unwrap_used)]

#[path = "../../colonies-client/tests/client/answers.rs"]
mod answers;
#[path = "../../colonies-client/tests/client/connections.rs"]
mod connections;
#[path = "../../colonies-client/tests/client/encryption.rs"]
mod encryption;
#[path = "../../colonies-client/tests/client/interrupts.rs"]
mod interrupts;
#[path = "../../colonies-client/tests/client/server.rs"]
mod server;
#[path = "../../colonies-client/tests/client/subscriptions.rs"]
mod subscriptions;
mod under_test;
