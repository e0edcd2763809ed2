//! Settings of a client, and their validation.

use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::ServerName;

use crate::error::Error;

/// Where a Colonies server is and how to talk to it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name or IP address, without scheme and port.
    pub host: String,
    /// The port of the server's API.
    pub port: u16,
    /// Whether the connection is encrypted, and whom to trust then.
    pub tls: Tls,
    /// URL of the HTTP proxy to go by, `http://user:password@host:port`.
    pub proxy: Option<String>,
    /// Timeout of name lookup, TCP connect and TLS handshake together. Default: 10 s.
    pub connect_timeout: Duration,
    /// Timeout of a whole call, unless the call sets its own. Default: 30 s.
    pub timeout: Duration,
    /// Size limit of a reply. Default: 64 MiB.
    pub max_reply_bytes: u64,
    /// How many idle connections are kept for further calls. Default: 64, so that 64 threads can share a
    /// client without reconnecting.
    pub idle_connections: usize,
}

/// Whether a connection is encrypted, and which certificates are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP.
    Off,
    /// The certificates that the operating system trusts (on Linux also those of `SSL_CERT_FILE`).
    System,
    /// Only the certificates in this PEM file.
    CaFile(PathBuf),
    /// Any certificate. For development: an attacker who redirects the connection can read and answer it.
    SkipVerify,
}

impl Settings {
    /// Settings with the defaults named at the fields.
    pub fn new(host: impl Into<String>, port: u16, tls: Tls) -> Self {
        Self {
            host: host.into(),
            port,
            tls,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            max_reply_bytes: 64 << 20,
            idle_connections: 64,
        }
    }

    /// Checks what can be checked without opening anything.
    ///
    /// # Errors
    /// [`Error::Settings`] where no call could succeed.
    pub fn endpoint(&self) -> Result<Endpoint, Error> {
        let refuse = |what: String| Err(Error::Settings { what });
        for (name, value) in [("connect timeout", self.connect_timeout), ("timeout", self.timeout)] {
            if value.is_zero() {
                return refuse(format!("the {name} must be more than 0 seconds"));
            }
        }
        if self.max_reply_bytes == 0 {
            return refuse("the size limit of replies must be at least 1 byte".into());
        }
        endpoint(&self.host, self.port)
    }
}

/// Checks a host and a port.
pub(crate) fn endpoint(host: &str, port: u16) -> Result<Endpoint, Error> {
    let given = host;
    let refuse = |what: String| Err(Error::Settings { what });
    let host = given.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(given);
    if host.is_empty() {
        return refuse("host must not be empty".into());
    }
    if host.contains("://") || host.contains('/') {
        return refuse(format!(
            "host must be a name or an IP address, got {given:?}: leave out scheme and path"
        ));
    }
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        let hint = match host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => ": the port is its own setting",
            _ if !host.is_ascii() => ": write it in its ASCII form (xn--...)",
            _ => "",
        };
        return refuse(format!("host must be a name or an IP address, got {given:?}{hint}"));
    };
    if port == 0 {
        return refuse("port must be between 1 and 65535, got 0".into());
    }
    let is_v6 = host.parse::<Ipv6Addr>().is_ok();
    let address = if is_v6 { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    Ok(Endpoint { host: host.to_owned(), port, name, address })
}

/// A checked host and port.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Name or IP address, an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The host as certificates name it.
    pub name: ServerName<'static>,
    /// `host:port`, as in URLs and messages.
    pub address: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(host: &str) -> Result<Endpoint, Error> {
        Settings::new(host, 50080, Tls::Off).endpoint()
    }

    #[test]
    fn names_and_addresses_are_taken() {
        for (host, address) in [
            ("localhost", "localhost:50080"),
            ("colonies_server", "colonies_server:50080"),
            ("192.0.2.1", "192.0.2.1:50080"),
            ("::1", "[::1]:50080"),
            ("[::1]", "[::1]:50080"),
        ] {
            assert_eq!(check(host).unwrap().address, address);
        }
    }

    #[test]
    fn other_hosts_are_refused_with_the_reason() {
        for (host, reason) in [
            ("", "empty"),
            ("http://localhost", "leave out scheme and path"),
            ("localhost/api", "leave out scheme and path"),
            ("localhost:50080", "the port is its own setting"),
            ("local host", "must be a name or an IP address"),
            ("user@localhost", "must be a name or an IP address"),
            ("bücher.example", "xn--"),
        ] {
            let message = check(host).unwrap_err().to_string();
            assert!(message.contains(reason), "{host}: {message}");
        }
    }

    #[test]
    fn numbers_that_let_no_call_succeed_are_refused() {
        let good = || Settings::new("localhost", 1, Tls::Off);
        for bad in [
            Settings { port: 0, ..good() },
            Settings { timeout: Duration::ZERO, ..good() },
            Settings { connect_timeout: Duration::ZERO, ..good() },
            Settings { max_reply_bytes: 0, ..good() },
        ] {
            assert!(matches!(bad.endpoint(), Err(Error::Settings { .. })), "{bad:?}");
        }
        assert!(good().endpoint().is_ok());
    }
}
