//! See `crate::fuzzing`.

use std::net::IpAddr;

use axum::http::Request;

use super::gate::{Caller, Gate};

/// Reads a head of lines `name: value`. Only requests for addresses and own names pass, and pages only if allowed.
pub fn head(text: &str) {
    let mut request = Request::builder().method("POST").uri("/api");
    for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(()) else { return };
    let (head, ()) = request.into_parts();
    let Ok(gate) = Gate::new(&["http://page.example".to_owned()], &["own.example".to_owned()]) else {
        return;
    };
    let Ok(caller) = gate.check(&head) else { return };
    let host = head.headers["host"].to_str().unwrap_or_default().to_ascii_lowercase();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).trim_end_matches('.');
    let machine = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
    let is_address =
        name.parse::<IpAddr>().is_ok() || host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let is_own =
        ["localhost", "own.example", machine.as_str()].contains(&name) || name.ends_with(".localhost");
    assert!(is_address || is_own, "{text}");
    if let Caller::Page(origin) = caller {
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        assert!(origin.starts_with("http://page.example"), "{text}");
    }
}
