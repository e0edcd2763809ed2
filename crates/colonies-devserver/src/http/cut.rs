//! A body that ends early, as an injected fault.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use hyper::Request;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::api::Dropped;

/// The first bytes of a body, and then a fault; all of it where it is no longer than that.
pub(super) struct Cut<B> {
    body: B,
    left: u64,
    /// Told one poll before the fault: what came before it is sent first.
    happened: Arc<AtomicBool>,
}

impl<B> Cut<B> {
    pub(super) fn new(body: B, size: u64) -> Self {
        Self { body, left: size, happened: Arc::default() }
    }

    /// Cuts the body of a request, and reports whether it was cut.
    pub(super) fn watched(request: Request<B>, size: u64) -> (Request<Self>, Arc<AtomicBool>) {
        let happened = Arc::new(AtomicBool::new(false));
        let cut = request.map(|body| Self { happened: Arc::clone(&happened), ..Self::new(body, size) });
        (cut, happened)
    }
}

impl<B> Body for Cut<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.happened.load(Ordering::Relaxed) {
            return Poll::Ready(Some(Err(Dropped.into())));
        }
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(Into::into)?;
        let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
        if self.left == 0 && !data.is_empty() {
            self.happened.store(true, Ordering::Relaxed);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= data.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
