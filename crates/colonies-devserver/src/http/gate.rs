//! Accepts requests of programs and of allowed web pages, and refuses all others.
//!
//! The keys of a development server may be public, and every page that its user visits can send requests to loopback
//! addresses. Browsers say which page asks (`Origin`) and which name it used (`Host`); pages cannot change either.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr};

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CONTENT_TYPE, HOST, HeaderName, ORIGIN, VARY,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Version};

use crate::error::StartError;

/// Browsers ask for it before a page of a public network may use a private address.
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Header values that a Colonies server sends to all pages.
const ANY: &str = "*";
const USUAL_HEADERS: &str = "Origin,Content-Length,Content-Type";

/// Decides which hosts and origins are allowed.
#[derive(Debug)]
pub(crate) struct Gate {
    any_origin: bool,
    origins: HashSet<String>,
    hosts: HashSet<String>,
}

/// Where an allowed request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// No web page: the request has no `Origin`.
    Program,
    /// A page that this server itself has served.
    OwnPage,
    /// A page of another origin that is allowed, with the origin to name in the answer.
    Page(HeaderValue),
}

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Gate {
    /// Allows these origins and host names, besides IP addresses, loopback names and the name of this machine.
    pub(crate) fn new(origins: &[String], hosts: &[String]) -> Result<Self, StartError> {
        let any_origin = origins.iter().any(|origin| origin == "*");
        let listed = origins.iter().filter(|origin| *origin != "*");
        let origins = listed
            .map(|origin| parse_origin(origin).ok_or_else(|| StartError::Origin { origin: origin.clone() }));
        let hosts = hosts.iter().map(|host| {
            host_of(host)
                .filter(|name| *name == normal(host))
                .ok_or_else(|| StartError::Host { host: host.clone() })
        });
        let mut hosts = hosts.collect::<Result<HashSet<_>, _>>()?;
        hosts.extend(gethostname::gethostname().to_str().map(normal).filter(|name| !name.is_empty()));
        Ok(Self { any_origin, origins: origins.collect::<Result<_, _>>()?, hosts })
    }

    /// Says where a request comes from.
    pub(super) fn check(&self, head: &Parts) -> Result<Caller, Denied> {
        let host = self.check_host(head)?;
        let mut origins = head.headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => self.check_fetch(head).map(|()| Caller::Program),
            (Some(origin), None) => self.check_origin(origin, host),
            (Some(_), Some(_)) => Err(denied(400, "the request has several Origin headers")),
        }
    }

    /// Pages must send JSON, which makes browsers ask first. Programs need not: clients in Go send `text/plain`.
    pub(super) fn check_json(&self, caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
        let is_json = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("application/json")
        });
        if self.any_origin || *caller == Caller::Program || is_json {
            return Ok(());
        }
        Err(denied(415, "a web page must send messages with Content-Type: application/json"))
    }

    /// Protects against names of others that lead to this machine (DNS rebinding).
    fn check_host<'a>(&self, head: &'a Parts) -> Result<Option<&'a str>, Denied> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (None, _) if head.version < Version::HTTP_11 => None,
            (None, _) => return Err(denied(400, "the request has no Host header")),
            (Some(host), None) => Some(host.to_str().map_err(|_| no_host())?),
            (Some(_), Some(_)) => return Err(denied(400, "the request has several Host headers")),
        };
        for authority in host.into_iter().chain(head.uri.authority().map(Authority::as_str)) {
            let name = host_of(authority).ok_or_else(no_host)?;
            if !self.is_own(&name) {
                let message = format!(
                    "this server is not reached as {name:?}; use its IP address or localhost, or start it with \
                     --allow-host {name}"
                );
                return Err(Denied { status: 403, message });
            }
        }
        Ok(host)
    }

    fn is_own(&self, name: &str) -> bool {
        name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.contains(name)
    }

    fn check_origin(&self, origin: &HeaderValue, host: Option<&str>) -> Result<Caller, Denied> {
        let text = origin.to_str().unwrap_or_default();
        let own = host.map(normal);
        if own.is_some() && text.split_once("://").map(|(_, authority)| normal(authority)) == own {
            return Ok(Caller::OwnPage);
        }
        if self.any_origin {
            return Ok(Caller::Page(HeaderValue::from_static(ANY)));
        }
        if parse_origin(text).is_some_and(|origin| self.origins.contains(&origin)) {
            return Ok(Caller::Page(origin.clone()));
        }
        let message = format!(
            "web pages of {text:?} may not use this server; start it with --allow-origin to allow that"
        );
        Err(Denied { status: 403, message })
    }

    /// Simple GET requests of pages have no `Origin`. Following a link is not one of them.
    fn check_fetch(&self, head: &Parts) -> Result<(), Denied> {
        let value = |name: HeaderName| head.headers.get(name).map(HeaderValue::as_bytes);
        let is_foreign = matches!(value(SEC_FETCH_SITE), Some(b"cross-site" | b"same-site"));
        let is_link = value(SEC_FETCH_MODE) == Some(b"navigate") && head.method == Method::GET;
        if is_foreign && !is_link && !self.any_origin {
            return Err(denied(403, "web pages of other sites may not use this server"));
        }
        Ok(())
    }
}

impl Caller {
    /// Lets the page read the answer, if that page is allowed.
    pub(super) fn share(&self, headers: &mut HeaderMap) {
        let Self::Page(origin) = self else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if origin != ANY {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
    }

    /// The headers of the answer to a preflight request; `None` for other requests.
    pub(super) fn preflight(&self, head: &Parts) -> Option<HeaderMap> {
        let is_page = matches!(self, Self::Page(_)) && head.method == Method::OPTIONS;
        is_page.then(|| {
            let mut headers = HeaderMap::new();
            self.share(&mut headers);
            let wanted = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|names| !are_usual(names));
            let allowed = wanted.cloned().unwrap_or(HeaderValue::from_static(USUAL_HEADERS));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
            let methods = HeaderValue::from_static("GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS");
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("43200"));
            if head.headers.contains_key(REQUEST_PRIVATE_NETWORK) {
                headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
            }
            headers
        })
    }
}

/// Whether a Colonies server allows these headers to all pages.
fn are_usual(names: &HeaderValue) -> bool {
    let is_usual = |name: &str| USUAL_HEADERS.split(',').any(|usual| usual.eq_ignore_ascii_case(name.trim()));
    names.to_str().is_ok_and(|names| names.split(',').all(is_usual))
}

fn denied(status: u16, message: &str) -> Denied {
    Denied { status, message: message.to_owned() }
}

fn no_host() -> Denied {
    denied(400, "the Host header is not a host with an optional port")
}

fn normal(text: &str) -> String {
    text.trim_end_matches('.').to_ascii_lowercase()
}

/// The host of `host:port`; see [`split`].
fn host_of(text: &str) -> Option<String> {
    split(text).map(|(host, _)| host)
}

/// Host and port of `host:port`: the host in lower case, an IPv6 address without brackets and zone.
fn split(text: &str) -> Option<(String, Option<u16>)> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some((normal(text), None));
    }
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => {
            let (address, rest) = text.split_once(']')?;
            let address = address.split('%').next()?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, rest)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        _ => return None,
    };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    let host = normal(host);
    (!host.is_empty() && host.bytes().all(is_letter)).then_some((host, port))
}

/// An origin in its usual form: in lower case, without the default port. `None` where it is not one.
fn parse_origin(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    if text == "null" {
        return Some(text);
    }
    let (scheme, authority) = text.split_once("://")?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if scheme.is_empty() || !scheme.bytes().all(is_scheme) {
        return None;
    }
    let (host, port) = split(authority)?;
    let default = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    match port.filter(|port| Some(*port) != default) {
        Some(port) => Some(format!("{scheme}://{host}:{port}")),
        None => Some(format!("{scheme}://{host}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::Request;
    use proptest::prelude::*;

    use super::*;

    fn gate(origins: &[&str], hosts: &[&str]) -> Gate {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Gate::new(&owned(origins), &owned(hosts)).unwrap()
    }

    fn head(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/api");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn status(gate: &Gate, headers: &[(&str, &str)]) -> u16 {
        gate.check(&head("POST", headers)).map_or_else(|denied| denied.status, |_| 200)
    }

    #[test]
    fn names_of_others_are_refused_and_own_names_are_not() {
        let gate = gate(&[], &["colonies", "Dev.Example"]);
        for host in [
            "127.0.0.1",
            "127.0.0.1:50080",
            "10.1.2.3:1",
            "[::1]:50080",
            "[::1]",
            "localhost",
            "LOCALHOST:50080",
            "localhost.:50080",
            "bucket.localhost:9000",
            "colonies:50080",
            "dev.example",
        ] {
            assert_eq!(status(&gate, &[("host", host)]), 200, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:50080",
            "evil",
            "localhost.evil.example",
            "127.0.0.1.evil.example:50080",
            "notlocalhost",
            "0x7f.1",
            "[::1].evil.example",
        ] {
            assert!(matches!(status(&gate, &[("host", host)]), 400 | 403), "{host}");
        }
        for host in ["", "user@127.0.0.1", "127.0.0.1@evil.example", "a b", "127.0.0.1/x", "[::1"] {
            assert_eq!(status(&gate, &[("host", host)]), 400, "{host}");
        }
    }

    #[test]
    fn requests_have_one_host_and_at_most_one_origin() {
        let gate = gate(&["*"], &[]);
        assert_eq!(status(&gate, &[]), 400);
        assert_eq!(status(&gate, &[("host", "127.0.0.1"), ("host", "127.0.0.1")]), 400);
        let origins = [("host", "127.0.0.1"), ("origin", "http://a"), ("origin", "http://b")];
        assert_eq!(status(&gate, &origins), 400);
    }

    #[test]
    fn the_target_of_a_request_counts_as_its_host_does() {
        let mut head = head("POST", &[("host", "127.0.0.1")]);
        head.uri = "http://evil.example/api".parse().unwrap();
        assert_eq!(gate(&[], &[]).check(&head).unwrap_err().status, 403);
    }

    #[test]
    fn pages_of_others_are_refused_unless_they_are_allowed() {
        let none = gate(&[], &[]);
        let some = gate(&["http://localhost:3000", "https://App.Example:443"], &[]);
        let any = gate(&["*"], &[]);
        for (origin, expected) in [
            ("https://evil.example", [403, 403, 200]),
            ("http://127.0.0.1:3000", [403, 403, 200]),
            ("null", [403, 403, 200]),
            ("", [403, 403, 200]),
            ("http://localhost:3000.evil.example", [403, 403, 200]),
            ("http://localhost:30000", [403, 403, 200]),
            ("http://localhost:3000", [403, 200, 200]),
            ("https://app.example", [403, 200, 200]),
            ("http://127.0.0.1:50080", [200, 200, 200]),
        ] {
            let headers = [("host", "127.0.0.1:50080"), ("origin", origin)];
            assert_eq!([&none, &some, &any].map(|gate| status(gate, &headers)), expected, "{origin}");
        }
    }

    #[test]
    fn requests_of_pages_without_an_origin_are_refused_unless_a_link_was_followed() {
        let gate = gate(&[], &[]);
        let check = |site, mode, method| {
            let headers = [("host", "localhost"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            gate.check(&head(method, &headers)).is_ok()
        };
        assert!(!check("cross-site", "no-cors", "GET"));
        assert!(!check("same-site", "cors", "GET"));
        assert!(!check("cross-site", "navigate", "POST"));
        assert!(check("cross-site", "navigate", "GET"));
        assert!(check("same-origin", "cors", "GET"));
        assert!(check("none", "navigate", "GET"));
    }

    #[test]
    fn pages_send_json_and_programs_send_what_they_like() {
        let gate = gate(&["http://localhost:3000"], &[]);
        let check = |caller: &Caller, kind: &str| {
            gate.check_json(caller, &head("POST", &[("content-type", kind)]).headers).is_ok()
        };
        let page = Caller::Page(HeaderValue::from_static("http://localhost:3000"));
        for kind in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(check(&page, kind) && check(&Caller::OwnPage, kind) && check(&Caller::Program, kind));
        }
        for kind in ["text/plain", "application/jsonp", "", "text/plain; application/json"] {
            assert!(!check(&page, kind) && !check(&Caller::OwnPage, kind) && check(&Caller::Program, kind));
        }
    }

    #[test]
    fn malformed_settings_are_refused() {
        for origin in ["localhost:3000", "http://", "http://a/b", "http://a@b", "://a", "htt p://a"] {
            assert!(Gate::new(&[origin.to_owned()], &[]).is_err(), "{origin}");
        }
        for host in ["", "http://a", "a:1", "a/b", "a@b", "*"] {
            assert!(Gate::new(&[], &[host.to_owned()]).is_err(), "{host}");
        }
    }

    proptest! {
        #[test]
        fn no_host_but_addresses_and_own_names_is_allowed(host in "[a-z0-9.:@%\\[\\]-]{0,30}") {
            if status(&gate(&[], &[]), &[("host", &host)]) == 200 {
                let name = host_of(&host).unwrap();
                let own = gethostname::gethostname();
                prop_assert!(
                    name.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
                        || own.to_str().map(normal) == Some(name)
                );
            }
        }
    }
}
