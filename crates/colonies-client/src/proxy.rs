//! HTTP proxies: their URL, and the CONNECT handshake.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read, Write};

use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use ureq::http::HeaderValue;

use crate::error::Error;
use crate::settings::{Endpoint, endpoint};

/// The longest answer to CONNECT.
const LONGEST: usize = 16 * 1024;

/// An HTTP proxy on the way to the server.
#[derive(Clone)]
pub struct Proxy {
    /// Where the proxy is.
    pub endpoint: Endpoint,
    /// Value of the `Proxy-Authorization` header.
    pub authorization: Option<HeaderValue>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Proxy({})", self.endpoint.address)
    }
}

impl Proxy {
    /// Reads `http://user:password@host:port`, of which only the host is needed. Messages never contain user or
    /// password.
    ///
    /// # Errors
    /// [`Error::Settings`] where it is not the URL of an HTTP proxy.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let refuse = |what: &str| Error::Settings { what: format!("the proxy {scheme}://{place} {what}") };
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(refuse(
                "cannot be used: only proxies that are themselves spoken to over http:// can be",
            ));
        }
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| refuse("must have a port between 1 and 65535"))?)
            }
            _ => (place, 80),
        };
        let endpoint = endpoint(host, port).map_err(|fault| refuse(&format!("cannot be used: {fault}")))?;
        let authorization = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let mut pair: Vec<u8> = percent_decode_str(name).collect();
            pair.push(b':');
            pair.extend(percent_decode_str(password));
            HeaderValue::from_str(&format!("Basic {}", BASE64.encode(&pair))).map(|mut value| {
                value.set_sensitive(true);
                value
            })
        });
        let authorization = authorization.transpose().map_err(|_| refuse("must have a valid user name"))?;
        Ok(Self { endpoint, authorization })
    }

    /// Has the proxy open a connection to the server, which is then used directly.
    pub(crate) fn open_tunnel(&self, stream: &mut (impl Read + Write), address: &str) -> io::Result<()> {
        stream.write_all(&self.tunnel_request(address))?;
        let mut answer = Vec::new();
        let mut piece = [0; 1024];
        loop {
            let read = stream.read(&mut piece)?;
            answer.extend_from_slice(&piece[..read]);
            if let Some(outcome) = self.tunnel_answer(&answer, read == 0) {
                return outcome;
            }
        }
    }

    /// The request that asks the proxy for a tunnel to `host:port`.
    pub fn tunnel_request(&self, address: &str) -> Vec<u8> {
        let mut request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n").into_bytes();
        if let Some(value) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request
    }

    /// What the proxy's answer so far says; none where more of it must be read.
    ///
    /// A server says nothing in a new tunnel before the client does, so all bytes are the proxy's.
    pub fn tunnel_answer(&self, answer: &[u8], is_over: bool) -> Option<io::Result<()>> {
        let refuse = |why: String| Some(Err(self.explain(&io::Error::other(why))));
        if answer.len() > LONGEST {
            return refuse("its answer is too long".into());
        }
        if !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            return if is_over { refuse("it closed the connection".into()) } else { None };
        }
        let answer = String::from_utf8_lossy(answer);
        let line = answer.lines().next().unwrap_or_default();
        match line.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok()) {
            Some(200..=299) => Some(Ok(())),
            Some(status) => refuse(format!("it answers with status {status}")),
            None => refuse("it does not answer like an HTTP proxy".into()),
        }
    }

    /// A failure that names the proxy, so that users do not look for it at the server.
    pub fn explain(&self, source: &io::Error) -> io::Error {
        let fault = ProxyFault(format!("by way of the proxy {}: {source}", self.endpoint.address));
        io::Error::new(source.kind(), fault)
    }
}

/// Something that went wrong at the proxy, or on the way there.
#[derive(Debug)]
pub(crate) struct ProxyFault(String);

impl fmt::Display for ProxyFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl StdError for ProxyFault {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn user_and_password_are_decoded_and_never_shown() {
        let proxy = Proxy::parse("http://us%40er:pa%3Ass@proxy.example:3128/").unwrap();
        let value = proxy.authorization.clone().unwrap();
        assert_eq!(value.to_str().unwrap(), format!("Basic {}", BASE64.encode(b"us@er:pa:ss")));
        assert_eq!(format!("{proxy:?}"), "Proxy(proxy.example:3128)");
        for bad in ["socks5://user:secret@proxy:1", "http://user:secret@proxy:x", "http://user:secret@"] {
            let message = Proxy::parse(bad).unwrap_err().to_string();
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn scheme_and_port_may_be_left_out() {
        for (url, address) in [
            ("proxy", "proxy:80"),
            ("proxy:3128", "proxy:3128"),
            ("HTTP://proxy", "proxy:80"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(Proxy::parse(url).unwrap().endpoint.address, address);
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["https://proxy", "socks5h://proxy:1080"] {
            assert!(Proxy::parse(url).unwrap_err().to_string().contains("http://"));
        }
    }
}
