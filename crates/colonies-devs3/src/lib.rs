//! Object storage that speaks S3, out of a directory, for development and tests.
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
mod store;

#[cfg(not(feature = "store"))]
pub use absent::{Body, Service, Store, service};
pub use operation::{OPERATIONS, operation};
#[cfg(feature = "store")]
pub use s3s::{Body, service::S3Service as Service};
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

/// Makes the service that answers requests to a store; only those that are signed are carried out.
///
/// `patience` is how long a client may be silent in the middle of a body.
#[cfg(feature = "store")]
pub fn service(
    store: std::sync::Arc<Store>,
    credentials: Credentials<'_>,
    patience: std::time::Duration,
) -> Service {
    let mut builder = s3s::service::S3ServiceBuilder::new(api::Api { store, patience });
    builder.set_auth(s3s::auth::SimpleAuth::from_single(credentials.access_key, credentials.secret_key));
    builder.build()
}
