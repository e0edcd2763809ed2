//! Opening connections: lookup, TCP, proxy and TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use colonies_client::Phase;
use colonies_client::rules::{Attempt, Failure, Limit};
use colonies_client::shared::{Endpoint, Proxy, refuse_itself};
use rustls::ClientConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task;
use tokio::time::error::Elapsed;
use tokio::time::{Timeout, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use crate::lookup::Lookups;
use crate::stream::Stream;

/// As good as never; the clock cannot express much more.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Opens connections to one server.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) connect_timeout: Duration,
    /// The verifier asks the operating system, which may take long, so handshakes must not hold up the engine.
    pub(crate) verifier_blocks: bool,
    pub(crate) lookups: Lookups,
}

/// What a connection is for. Proxies read plain HTTP requests themselves; everything else goes through a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Requests,
    Socket,
}

impl Dialer {
    /// Name lookup, TCP, tunnel and TLS handshake, all within the connect timeout and the limit of the call.
    pub(crate) async fn dial(
        &self,
        purpose: Purpose,
        attempt: &mut Attempt,
        limit: Limit,
    ) -> Result<Stream, Failure> {
        attempt.note_opened();
        let limit = Limit::from_now(self.connect_timeout).earlier(limit);
        // In a box, so that a call that waits for its answer does not carry the state of a handshake.
        let opened = within(limit, Box::pin(self.open(purpose, attempt, limit))).await;
        opened.map_err(late(limit))?.map_err(Failure::Io)
    }

    async fn open(&self, purpose: Purpose, attempt: &mut Attempt, limit: Limit) -> io::Result<Stream> {
        let tcp = match &self.proxy {
            None => self.tcp(&self.endpoint, attempt, limit).await?,
            Some(proxy) => {
                let opened = self.tcp(&proxy.endpoint, attempt, limit).await;
                let mut tcp = opened.map_err(|fault| proxy.explain(&fault))?;
                if self.tls.is_some() || purpose == Purpose::Socket {
                    attempt.enter(Phase::Proxy);
                    self.open_tunnel(proxy, &mut tcp).await?;
                }
                tcp
            }
        };
        let Some(config) = &self.tls else { return Ok(Stream::Plain(tcp)) };
        attempt.enter(Phase::Tls);
        let handshake = TlsConnector::from(Arc::clone(config)).connect(self.endpoint.name.clone(), tcp);
        let stream = if self.verifier_blocks {
            let here = Handle::current();
            task::spawn_blocking(move || here.block_on(handshake)).await.map_err(io::Error::other)??
        } else {
            handshake.await?
        };
        Ok(Stream::Tls(Box::new(stream)))
    }

    async fn tcp(&self, to: &Endpoint, attempt: &mut Attempt, limit: Limit) -> io::Result<TcpStream> {
        attempt.enter(Phase::Lookup);
        let addresses = self.lookups.addresses(&to.host, to.port).await?;
        attempt.enter(Phase::Connect);
        let tcp = first_that_connects(&addresses, limit).await?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    async fn open_tunnel(&self, proxy: &Proxy, tcp: &mut TcpStream) -> io::Result<()> {
        tcp.write_all(&proxy.tunnel_request(&self.endpoint.address)).await?;
        let mut answer = Vec::new();
        loop {
            let read = tokio::io::AsyncReadExt::read_buf(tcp, &mut answer).await?;
            if let Some(outcome) = proxy.tunnel_answer(&answer, read == 0) {
                return outcome;
            }
        }
    }
}

/// Tries one address after the other, each with its share of the time: a name may stand for an address that swallows
/// every packet beside one that works.
async fn first_that_connects(addresses: &[SocketAddr], limit: Limit) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let to_try = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let connecting = TcpStream::connect(address);
        let opened = match limit.left() {
            Some(left) if to_try > 1 => match timeout(left / to_try, connecting).await {
                Ok(opened) => opened,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            },
            _ => connecting.await, // the limit itself ends it
        };
        match opened.and_then(not_to_itself) {
            Ok(tcp) => return Ok(tcp),
            Err(fault) => last = fault,
        }
    }
    Err(last)
}

/// Refuses a connection that leads to itself, and frees its port at once.
fn not_to_itself(tcp: TcpStream) -> io::Result<TcpStream> {
    let Some(fault) = refuse_itself(tcp.local_addr(), tcp.peer_addr()) else { return Ok(tcp) };
    // Where it cannot be set, the port is free a minute later.
    let _ = tcp.set_zero_linger();
    Err(fault)
}

/// Waits for `work` until the limit passes. Not an `async fn`, which would hold `work` twice.
pub(crate) fn within<F: Future>(limit: Limit, work: F) -> Timeout<F> {
    let at = limit.at().unwrap_or_else(|| Instant::now() + NEVER);
    timeout_at(at.into(), work)
}

/// What ends a call whose limit passed.
pub(crate) fn late(limit: Limit) -> impl FnOnce(Elapsed) -> Failure {
    move |_| Failure::Stopped(limit.stop())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::{Ipv4Addr, TcpListener};

    use socket2::{Domain, Socket, Type};
    use tokio::runtime::Builder;

    use super::*;

    /// A connection to itself, as the system makes one when a client's own port is the one that it connects to.
    fn looped() -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.connect(&socket.local_addr().unwrap()).unwrap();
        socket.set_nonblocking(true).unwrap();
        TcpStream::from_std(socket.into()).unwrap()
    }

    #[test]
    fn a_connection_to_itself_is_refused_and_its_port_is_free_at_once() {
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let tcp = looped();
            let address = tcp.local_addr().unwrap();
            assert_eq!(not_to_itself(tcp).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
            let listener = TcpListener::bind(address).unwrap();
            let served = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            assert!(not_to_itself(served).is_ok());
        });
    }
}
