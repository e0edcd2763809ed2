//! Decoders of bytes from servers and proxies, for the targets in `fuzz/`.

use std::io::{self, Cursor, Read, Write};

use tungstenite::WebSocket;
use tungstenite::protocol::Role;

use crate::proxy::Proxy;
use crate::{reply, rules, subscription};

/// Bytes from a peer. Bytes sent to it are dropped.
struct Peer<'a>(Cursor<&'a [u8]>);

impl Read for Peer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Peer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the body of an answer. A message about it is one short line.
pub fn answer(status: u16, body: &[u8]) {
    if let Err(fault) = reply::open("host:1", "somemsg", status, body) {
        assert!(!fault.to_string().is_empty());
    }
    let excerpt = reply::excerpt(body);
    assert!(excerpt.chars().count() <= 200 && !excerpt.chars().any(char::is_control), "{excerpt:?}");
}

/// Reads what a proxy answers to a request for a tunnel.
pub fn tunnel(answer: &[u8]) {
    if let Ok(proxy) = Proxy::parse("http://user:password@proxy:3128")
        && let Err(fault) = proxy.open_tunnel(&mut Peer(Cursor::new(answer)), "host:1")
    {
        assert!(!fault.to_string().contains("password"));
    }
}

/// Reads the URL of a proxy. A message about it has no password.
pub fn proxy_url(url: &str) {
    let _ = Proxy::parse(url);
}

/// Reads the frames of a subscription until there are none.
pub fn frames(bytes: &[u8]) {
    let config = Some(rules::socket_settings(1 << 20));
    let mut socket = WebSocket::from_raw_socket(Peer(Cursor::new(bytes)), Role::Client, config);
    while let Ok(Some(body)) = subscription::read(&mut socket) {
        answer(200, &body);
    }
}
