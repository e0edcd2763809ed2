//! The service of a store: `s3s`, shielded so that its panics don't reach the caller.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};

use crate::{Credentials, Store, api};

const BROKEN: &str =
    "<Error><Code>InternalError</Code><Message>the request could not be read</Message></Error>";

/// Answers requests to a store.
#[derive(Clone, Debug)]
pub struct Service(S3Service);

impl Service {
    /// Answers a request. A panic in the library, as at a malformed date, is answered with status 500.
    ///
    /// # Errors
    /// The request cannot be answered; close its connection.
    pub async fn call(&self, request: Request<Body>) -> Result<Response<Body>, HttpError> {
        AssertUnwindSafe(self.0.call(request)).catch_unwind().await.unwrap_or_else(|_| Ok(broken()))
    }
}

fn broken() -> Response<Body> {
    let mut response = Response::new(Body::from(BROKEN.to_owned()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

/// Makes the service that answers requests to a store; only those that are signed are carried out.
///
/// `silence_limit` is how long a client may be silent in the middle of a body.
pub fn service(store: Arc<Store>, credentials: Credentials<'_>, silence_limit: Duration) -> Service {
    let mut builder = S3ServiceBuilder::new(api::Api { store, silence_limit });
    builder.set_auth(SimpleAuth::from_single(credentials.access_key, credentials.secret_key));
    Service(builder.build())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn requests_with_malformed_dates_are_answered() {
        let store = Arc::new(Store::open(None).unwrap());
        let credentials = Credentials { access_key: "key", secret_key: "secret" };
        let service = service(store, credentials, Duration::from_secs(1));
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        for date in ["2026118-", "20261128", "-2026112", "2026/128", ""] {
            let signed = format!(
                "AWS4-HMAC-SHA256 Credential=key/{date}/r/s3/aws4_request, SignedHeaders=host, Signature=00"
            );
            let request = Request::put("/bucket/key").header("host", "localhost");
            let request =
                request.header("authorization", signed).header("x-amz-date", format!("{date}T000000Z"));
            let answer = runtime.block_on(service.call(request.body(Body::empty()).unwrap())).unwrap();
            assert!(answer.status().is_client_error() || answer.status().is_server_error(), "{date}");
        }
    }
}
