//! Calls to a Colonies server: a pooled HTTP client and the subscription socket.
//!
//! A message is JSON bytes, and so is the payload of its reply; this crate does not depend on their
//! content. It handles everything else in a call: deadlines, interrupts, stale connections, servers of
//! other protocols, TLS, threads and `fork`. `docs/design/client.md` explains how.
//!
//! ```no_run
//! use colonies_client::{Client, NoInterrupt, Settings, Tls};
//! use colonies_crypto::PrivateKey;
//!
//! let client = Client::new(Settings::new("localhost", 50080, Tls::Off))?;
//! let message = br#"{"msgtype":"getcoloniesmsg"}"#;
//! let colonies = client.call("getcoloniesmsg", message, Some(&PrivateKey::generate()), None, &NoInterrupt)?;
//! # Ok::<(), colonies_client::Error>(())
//! ```

mod agents;
mod client;
mod connect;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod interrupt;
mod proxy;
mod reply;
pub mod rules;
mod settings;
mod signatures;
mod socket;
mod stream;
mod subscription;
mod tls;
mod transport;
mod waiting;

/// Items that the asynchronous client shares with this one, apart from [`rules`].
pub mod shared {
    pub use crate::connect::refuse_itself;
    pub use crate::proxy::Proxy;
    pub use crate::reply::{open as open_reply, open_event};
    pub use crate::settings::Endpoint;
    pub use crate::signatures::Signatures;
    pub use crate::tls::{config as tls_config, with_own_sessions};
}

pub use client::Client;
pub use error::{Error, Phase};
pub use http::{Answer, Content, Http, HttpRequest, Payload, TimeLimit};
pub use interrupt::{Interrupt, NoInterrupt};
pub use rules::Fault;
pub use settings::{Settings, Tls};
pub use subscription::{Event, Subscription};
pub use ureq::http as http_types;
