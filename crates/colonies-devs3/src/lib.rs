//! Object storage that speaks S3, out of a directory, for development and tests.
//!
//! `s3s` has the protocol: it verifies signatures, reads requests and writes answers. Here is what is done
//! with them: `api` has the operations, `store` keeps the objects. It opens no socket; who listens hands requests to [`service`].

mod api;
mod operation;
mod store;

use std::sync::Arc;
use std::time::Duration;

use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};

pub use operation::{OPERATIONS, operation};
pub use s3s::Body;
pub use s3s::service::S3Service as Service;
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
pub fn service(store: Arc<Store>, credentials: Credentials<'_>, patience: Duration) -> S3Service {
    let mut builder = S3ServiceBuilder::new(api::Api { store, patience });
    builder.set_auth(SimpleAuth::from_single(credentials.access_key, credentials.secret_key));
    builder.build()
}
