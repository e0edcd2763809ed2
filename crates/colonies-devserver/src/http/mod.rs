//! The network side: HTTP, websockets, TLS and injected faults. Messages are opaque here.

mod api;
mod cut;
mod faults;
mod front;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gate;
mod listener;
mod objects;
mod patience;
mod pubsub;
mod routes;
mod signers;
mod tls;

pub use faults::{Fault, Faults};
pub(crate) use front::{Front, serve};
pub(crate) use gate::Gate;
pub(crate) use listener::Line;
pub(crate) use objects::{Objects, serve as serve_objects};
pub(crate) use tls::acceptor;
