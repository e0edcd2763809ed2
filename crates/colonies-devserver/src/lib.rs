//! An embedded Colonies server for development and tests.
//!
//! It answers as a Colonies server does, keeps everything in memory or in one file, and starts and stops
//! within milliseconds. It has no cluster, its keys are known to everybody, and it is no place for production work.
//!
//! ```
//! use colonies_devserver::{Config, Server};
//!
//! let mut server = Server::start(Config::default()).unwrap();
//! assert_ne!(server.address().port(), 0);
//! server.stop();
//! ```
//!
//! Four things are kept apart: what messages mean (`machine`), what is stored (`store`), how
//! the state is driven (`engine`) and reached over the network (`http`).

mod config;
pub mod devkeys;
mod engine;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod machine;
mod server;
mod store;
mod wire;

pub use colonies_devs3::OPERATIONS as S3_OPERATIONS;
pub use config::{Config, Limits, S3Keys, Seed, Tls};
pub use error::StartError;
pub use http::{Fault, Faults};
pub use server::Server;
