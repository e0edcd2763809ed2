//! Settings of a store, and their validation.

use std::fmt;
use std::time::Duration;

use colonies_client::Tls;

use crate::error::Error;

/// The address of a store, and its time limits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `host`, `host:port`, or either with `http://` or `https://` in front.
    pub endpoint: String,
    /// The bucket that holds all objects.
    pub bucket: String,
    /// None to ask without a signature, for stores that are open to everybody.
    pub credentials: Option<Credentials>,
    /// The region that requests are signed for. `us-east-1`.
    pub region: String,
    /// Whether an endpoint without a scheme is spoken to over TLS, and whom to trust.
    pub tls: Tls,
    /// URL of an HTTP proxy.
    pub proxy: Option<String>,
    /// The most that lookup, TCP and TLS handshake may take together. 10 s.
    pub connect_timeout: Duration,
    /// Longest time without a byte moving. 60 s.
    pub timeout: Duration,
    /// How many connections work at the same time, for one large file or for many. 8.
    pub parallel: usize,
    /// How large the parts of large files are, except where there would be too many of them. Stores want 5 MiB
    /// at least. 8 MiB.
    pub part_bytes: u64,
}

/// An access key and its secret, and a session token where they are temporary.
#[derive(Clone)]
pub struct Credentials(pub(crate) rusty_s3::Credentials);

impl Credentials {
    /// The secret is wiped from memory when it is dropped.
    pub fn new(
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        Self(match session_token {
            Some(token) => rusty_s3::Credentials::new_with_token(access_key, secret_key, token),
            None => rusty_s3::Credentials::new(access_key, secret_key),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(hidden)")
    }
}

impl Settings {
    /// Settings with the defaults of the fields. Plain HTTP unless the endpoint has a scheme.
    pub fn new(endpoint: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            bucket: bucket.into(),
            credentials: None,
            region: "us-east-1".into(),
            tls: Tls::Off,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            parallel: 8,
            part_bytes: 8 << 20,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::Settings { what });
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let bucket = &self.bucket;
        if bucket.is_empty() || !bucket.chars().all(is_plain) || matches!(bucket.as_str(), "." | "..") {
            return refuse(format!(
                "bucket must consist of letters, digits, '.', '-' and '_', got {bucket:?}"
            ));
        }
        if self.region.is_empty() || !self.region.chars().all(is_plain) {
            return refuse(format!(
                "region must consist of letters, digits, '.', '-' and '_', got {:?}; leave it out for us-east-1",
                self.region
            ));
        }
        if self.parallel == 0 || self.part_bytes == 0 {
            return refuse(format!(
                "parallel and part_bytes must be at least 1, got {} and {}",
                self.parallel, self.part_bytes
            ));
        }
        Ok(())
    }

    /// Host, port and TLS of the endpoint.
    pub(crate) fn place(&self) -> Result<(String, u16, Tls), Error> {
        let refuse = |what: &str| {
            Err(Error::Settings { what: format!("the S3 endpoint {:?} {what}", shown(&self.endpoint)) })
        };
        let lower = self.endpoint.to_ascii_lowercase();
        let (rest, tls) = if lower.starts_with("https://") {
            let tls = if self.tls == Tls::Off { Tls::System } else { self.tls.clone() };
            (&self.endpoint[8..], tls)
        } else if lower.starts_with("http://") {
            if self.tls != Tls::Off {
                return refuse("must begin with https:// when TLS is set");
            }
            (&self.endpoint[7..], Tls::Off)
        } else {
            (self.endpoint.as_str(), self.tls.clone())
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains("://") {
            return refuse("must have the scheme http or https");
        }
        if rest.contains(['/', '?', '#']) {
            return refuse("must be a host and a port, without a path: set the bucket instead");
        }
        if rest.contains('@') {
            return refuse("must not contain credentials: set the access key and the secret key instead");
        }
        let default = if tls == Tls::Off { 80 } else { 443 };
        let (host, port) = match rest.rsplit_once(':') {
            // An IPv6 address without a port.
            Some((host, _)) if host.contains(':') && !host.ends_with(']') => (rest, None),
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        let port = match port.map(str::parse::<u16>) {
            None => default,
            Some(Ok(port)) if port > 0 => port,
            Some(_) => return refuse("must have a port between 1 and 65535"),
        };
        if host.is_empty() {
            return refuse("must have a host: write host:port");
        }
        Ok((host.to_owned(), port, tls))
    }
}

/// An endpoint without what may be a password in it.
fn shown(endpoint: &str) -> String {
    match endpoint.rsplit_once('@') {
        Some((_, host)) => format!("...@{host}"),
        None => endpoint.to_owned(),
    }
}

/// Refuses keys that would become another object's, or the bucket's, in a URL.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    let what = if key.is_empty() {
        "must not be empty"
    } else if key.len() > 1024 {
        "must have at most 1024 bytes"
    } else if key.split('/').any(|part| matches!(part, "." | "..")) {
        "must not have a part '.' or '..'"
    } else {
        return Ok(());
    };
    Err(Error::Settings { what: format!("the object key {key:?} {what}") })
}
