//! Limits how long a client may take to send the head of a request.
//!
//! The HTTP library has one time for all silence, which is that between requests. This one runs from the
//! first byte of a head to its last.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Counts the start and the end of each answer: odd while a request is answered, when incoming bytes belong to its
/// body. A count rather than a flag, since both changes can occur between two reads of the connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<AtomicU64>);

impl Turns {
    /// A request begins to be answered.
    pub(super) fn begin(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// It has been answered.
    pub(super) fn end(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection that fails where a head takes too long. The first head begins with the connection.
pub(super) struct HeadTimeout<S> {
    stream: S,
    turns: Turns,
    /// The count at the last check.
    seen: u64,
    limit: Duration,
    /// Whether part of a head has come since then.
    begun: bool,
    /// Made when the rest of a head is waited for.
    end: Option<Pin<Box<Sleep>>>,
}

impl<S> HeadTimeout<S> {
    pub(super) fn new(stream: S, turns: Turns, limit: Duration) -> Self {
        Self { stream, turns, seen: 0, limit, begun: true, end: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let count = this.turns.0.load(Ordering::Relaxed);
        if count != this.seen {
            this.seen = count;
            this.begun = false;
            this.end = None;
        }
        if count % 2 == 1 {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.begun |= buffer.filled().len() > before;
        if this.begun && read.is_pending() {
            let end = this.end.get_or_insert_with(|| Box::pin(sleep(this.limit)));
            if end.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn pair() -> (HeadTimeout<tokio::io::DuplexStream>, tokio::io::DuplexStream, Turns) {
        let (near, far) = duplex(64);
        let turns = Turns::default();
        (HeadTimeout::new(near, turns.clone(), LIMIT), far, turns)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_in_time_breaks_the_connection() {
        let (mut stream, mut far, _) = pair();
        far.write_all(b"POST").await.unwrap();
        let mut buffer = [0; 64];
        assert_eq!(stream.read(&mut buffer).await.unwrap(), 4);
        assert_eq!(stream.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn trickling_bytes_win_no_time() {
        let (mut stream, mut far, _) = pair();
        let trickle = async {
            loop {
                far.write_all(b"x").await.unwrap();
                sleep(LIMIT / 4).await;
            }
        };
        let read = async {
            let mut buffer = [0; 64];
            while let Ok(length) = stream.read(&mut buffer).await {
                assert_eq!(length, 1);
            }
        };
        tokio::select! {
            () = trickle => {}
            () = read => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_come_whole_leave_no_time_running() {
        let (mut stream, mut far, turns) = pair();
        let mut buffer = [0; 64];
        for _ in 0..5 {
            far.write_all(b"POST and all of it").await.unwrap();
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 18);
            // Answered before anybody reads again.
            turns.begin();
            turns.end();
            assert!(tokio::time::timeout(LIMIT / 2, stream.read(&mut buffer)).await.is_err());
        }
        assert!(tokio::time::timeout(2 * LIMIT, stream.read(&mut buffer)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn neither_bodies_nor_the_silence_between_requests_count() {
        let (mut stream, mut far, turns) = pair();
        let mut buffer = [0; 64];
        turns.begin();
        assert!(tokio::time::timeout(2 * LIMIT, stream.read(&mut buffer)).await.is_err());
        turns.end();
        assert!(tokio::time::timeout(2 * LIMIT, stream.read(&mut buffer)).await.is_err());
        far.write_all(b"POST").await.unwrap();
        assert_eq!(stream.read(&mut buffer).await.unwrap(), 4);
        assert_eq!(stream.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
