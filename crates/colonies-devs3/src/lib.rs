//! Object storage with an S3 interface in a directory, for development and tests.
//!
//! `s3s` has the protocol: it verifies signatures, reads requests and writes answers. Here is what is done
//! with them: `api` has the operations, `store` keeps the objects. It opens no socket; the listener passes requests to [`service`].
//!
//! The feature `store` (on by default) can be left out of builds that need no S3 endpoint: [`Store::open`] then returns an error.

#[cfg(not(feature = "store"))]
mod absent;
#[cfg(feature = "store")]
mod api;
mod operation;
#[cfg(feature = "store")]
mod service;
#[cfg(feature = "store")]
mod store;

#[cfg(not(feature = "store"))]
pub use absent::{Body, Service, Store, service};
pub use operation::{OPERATIONS, operation};
#[cfg(feature = "store")]
pub use s3s::Body;
#[cfg(feature = "store")]
pub use service::{Service, service};
#[cfg(feature = "store")]
pub use store::Store;

/// Who may use a store.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// Name of the key.
    pub access_key: &'a str,
    /// What requests are signed with.
    pub secret_key: &'a str,
}
