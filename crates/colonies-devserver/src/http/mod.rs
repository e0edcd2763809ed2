//! The network side: HTTP, websockets, TLS and injected faults. Messages are opaque here.

mod api;
mod connections;
mod cut;
mod faults;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gate;
mod head_timeout;
mod listener;
mod objects;
mod pubsub;
mod routes;
mod signers;
mod tls;

pub(crate) use connections::{Connection, serve};
pub use faults::{Fault, Faults};
pub(crate) use gate::Gate;
pub(crate) use listener::Shared;
pub(crate) use objects::{Objects, serve as serve_objects};
pub(crate) use tls::acceptor;
