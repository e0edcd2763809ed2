//! How messages come and go: HTTP, the websocket, and who waits for what. What they mean is not known here.

mod api;
mod clock;
mod core;
mod cut;
mod faults;
mod followers;
mod front;
mod listener;
mod objects;
mod patience;
mod pubsub;
mod routes;
mod signers;
mod subscribers;
mod tls;
mod waiters;

pub(crate) use self::core::Core;
pub use faults::{Fault, Faults};
pub(crate) use front::{Front, serve};
pub(crate) use listener::Line;
pub(crate) use objects::{Objects, serve as serve_objects};
pub(crate) use tls::acceptor;
