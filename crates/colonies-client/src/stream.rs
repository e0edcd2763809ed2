//! A connection to the server: plain, TLS, or through a proxy.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::connect;
use crate::error::Phase;
use crate::proxy::Proxy;
use crate::settings::Endpoint;
use crate::socket::{Idle, Socket};
use crate::waiting::{Waiting, current};

/// Opens connections to one server.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Option<Proxy>,
}

/// What a connection is for. Proxies read plain HTTP requests themselves; everything else goes through a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Requests,
    Socket,
}

/// A connection, encrypted or not. Dropping it closes the socket and sends nothing, so that a process made
/// by `fork` can drop its copy of a connection without hurting its parent's.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

impl Dialer {
    /// Name lookup, TCP and TLS handshake, all within the connect timeout.
    pub(crate) fn dial(&self, purpose: Purpose) -> io::Result<Stream> {
        current(|waiting| waiting.connecting(self.connect_timeout, || self.open(purpose, waiting)))
    }

    /// The proxy, where requests are sent to it instead of through it.
    pub(crate) fn reading_proxy(&self) -> Option<&Proxy> {
        if self.tls.is_none() { self.proxy.as_ref() } else { None }
    }

    fn connect(&self, purpose: Purpose, waiting: &Waiting) -> io::Result<Socket> {
        let Some(proxy) = &self.proxy else { return Socket::new(connect::tcp(&self.endpoint, waiting)?) };
        let blame = |fault| if waiting.stopped().is_some() { fault } else { proxy.explain(&fault) };
        let mut socket = Socket::new(connect::tcp(&proxy.endpoint, waiting).map_err(blame)?)?;
        if self.tls.is_some() || purpose == Purpose::Socket {
            waiting.enter(Phase::Proxy);
            proxy.open_tunnel(&mut socket, &self.endpoint.address)?;
        }
        Ok(socket)
    }

    fn open(&self, purpose: Purpose, waiting: &Waiting) -> io::Result<Stream> {
        let mut socket = self.connect(purpose, waiting)?;
        let Some(config) = &self.tls else { return Ok(Stream::Plain(socket)) };
        waiting.enter(Phase::Tls);
        let mut connection = ClientConnection::new(Arc::clone(config), self.endpoint.name.clone())
            .map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(Stream::Tls(Box::new(StreamOwned::new(connection, socket))))
    }
}

impl Stream {
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// True where an idle connection can take the next request: it is open, and the server has said
    /// nothing since its last reply. Does not wait.
    pub(crate) fn is_reusable(&mut self) -> bool {
        match self {
            Self::Plain(socket) => socket.look() == Idle::Quiet,
            Self::Tls(stream) => is_reusable(stream),
        }
    }
}

fn is_reusable(stream: &mut StreamOwned<ClientConnection, Socket>) -> bool {
    let StreamOwned { conn, sock } = stream;
    loop {
        // A goodbye may have come together with the last reply.
        match conn.process_new_packets() {
            Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
            _ => return false,
        }
        match sock.look() {
            Idle::Quiet => return true,
            Idle::Gone => return false,
            // Session tickets may come at any time; a goodbye or an answer may not.
            Idle::Readable => {
                if sock.without_waiting(|mut tcp| conn.read_tls(&mut tcp)).is_err() {
                    return false;
                }
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
