//! How messages come and go: HTTP, the websocket, and who waits for what. What they mean is not known here.

mod api;
mod clock;
mod core;
mod followers;
mod listener;
mod pubsub;
mod routes;
mod subscribers;
mod waiters;

pub(crate) use self::core::Core;
pub(crate) use listener::{Front, serve};
