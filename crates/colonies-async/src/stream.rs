//! A connection, plain or TLS, without a buffer while it is idle.

use std::future::poll_fn;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How much one read takes. The buffer lives only while bytes are there, so a waiting call holds none.
const PIECE: usize = 16 * 1024;

/// A connection, encrypted or not. Dropping it closes the socket and sends nothing.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

enum Idle {
    Quiet,
    Readable,
    Gone,
}

impl Stream {
    /// Appends what comes next to `input`; returns the number of bytes, 0 at the end.
    pub(crate) async fn read_some(&mut self, input: &mut Vec<u8>) -> io::Result<usize> {
        poll_fn(|context| {
            let mut piece = [MaybeUninit::uninit(); PIECE];
            let mut buffer = ReadBuf::uninit(&mut piece);
            ready!(Pin::new(&mut *self).poll_read(context, &mut buffer))?;
            input.extend_from_slice(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    /// True where an idle connection can take the next request: it is open, and the server has sent nothing
    /// since its last reply. Does not wait.
    pub(crate) fn is_reusable(&mut self) -> bool {
        match self {
            Self::Plain(tcp) => matches!(look(tcp), Idle::Quiet),
            Self::Tls(stream) => is_reusable(stream),
        }
    }
}

fn look(tcp: &TcpStream) -> Idle {
    match SockRef::from(tcp).peek(&mut [MaybeUninit::uninit()]) {
        Ok(0) => Idle::Gone,
        Ok(_) => Idle::Readable,
        Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => Idle::Quiet,
        Err(_) => Idle::Gone,
    }
}

fn is_reusable(stream: &mut TlsStream<TcpStream>) -> bool {
    let (tcp, session) = stream.get_mut();
    loop {
        // A goodbye may have come together with the last reply.
        match session.process_new_packets() {
            Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
            _ => return false,
        }
        match look(tcp) {
            Idle::Quiet => return true,
            Idle::Gone => return false,
            // Session tickets may come at any time; a goodbye or an answer may not.
            Idle::Readable => {
                if session.read_tls(&mut Direct(tcp)).is_err() {
                    return false;
                }
            }
        }
    }
}

/// Reads from the socket itself. The runtime remembers readiness, which may be older than the bytes.
struct Direct<'a>(&'a TcpStream);

impl Read for Direct<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*SockRef::from(self.0)).read(buffer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
