//! The interface of this crate without its store, for builds without the feature `store`.

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming};
use hyper::{Request, Response};

use crate::Credentials;

const ABSENT: &str =
    "this build has no S3 endpoint: install a wheel of pycolonies, or build with the feature `s3`";

/// A store that cannot be opened.
#[derive(Debug)]
pub struct Store(());

impl Store {
    /// Returns an error: this build has no store.
    ///
    /// # Errors
    /// Always.
    pub fn open(_directory: Option<&Path>) -> Result<Self, String> {
        Err(ABSENT.to_owned())
    }

    /// Returns an error: this build has no store.
    ///
    /// # Errors
    /// Always.
    pub fn ensure_bucket(&self, _name: &str) -> Result<(), String> {
        Err(ABSENT.to_owned())
    }
}

/// The service of a store that cannot be opened.
#[derive(Clone, Debug)]
pub struct Service(());

impl Service {
    /// Returns an empty answer.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_async, reason = "the service of a real store is asynchronous")]
    pub async fn call(&self, _request: Request<Body>) -> Result<Response<Body>, Infallible> {
        Ok(Response::default())
    }
}

/// Makes the service of a store.
pub fn service(_store: Arc<Store>, _credentials: Credentials<'_>, _patience: Duration) -> Service {
    Service(())
}

/// A body without content.
#[derive(Debug, Default)]
pub struct Body(());

impl Body {
    /// Returns an empty body.
    #[must_use]
    pub fn empty() -> Self {
        Self(())
    }

    /// Drops a body.
    #[must_use]
    pub fn http_body_unsync<B>(_body: B) -> Self {
        Self(())
    }
}

impl From<Incoming> for Body {
    fn from(_: Incoming) -> Self {
        Self(())
    }
}

impl From<String> for Body {
    fn from(_: String) -> Self {
        Self(())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}
