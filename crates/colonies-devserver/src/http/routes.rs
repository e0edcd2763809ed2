//! Which path leads where, and what the headers say.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONNECTION, CONTENT_TYPE, HOST, ORIGIN,
};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::api::Dropped;
use super::front::Front;
use super::{api, pubsub};
use crate::machine::Refusal;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Answers a request.
pub(super) async fn route(front: Front, request: Request<Body>) -> Result<Response<Body>, Dropped> {
    if front.place.is_none() {
        return Ok(too_many(front.line.limits.connections));
    }
    let foreign = is_foreign(request.headers());
    if foreign && request.method() == Method::OPTIONS {
        return Ok(preflight());
    }
    let method = request.method().clone();
    let mut response = match (&method, request.uri().path()) {
        (&Method::POST, "/api") => api::answer(&front, request.into_body()).await?,
        (&Method::GET, "/health") => plain(StatusCode::OK, TEXT, ""),
        (&Method::GET, "/metrics") => match front.core.metrics() {
            Ok(metrics) => plain(StatusCode::OK, METRICS, metrics),
            Err(refusal) => api::refuse(&refusal),
        },
        (&Method::GET, "/pubsub") => upgrade(front, request).await,
        (&Method::POST, "/api/") => redirect(StatusCode::TEMPORARY_REDIRECT, "/api"),
        (&Method::GET, "/health/") => redirect(StatusCode::MOVED_PERMANENTLY, "/health"),
        _ => plain(StatusCode::NOT_FOUND, HeaderValue::from_static("text/plain"), "404 page not found"),
    };
    if foreign {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    Ok(response)
}

/// True for a page from another host.
fn is_foreign(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, origin)| origin != host)
}

fn too_many(connections: u32) -> Response<Body> {
    let text = format!("this server takes {connections} connections at once, and has them: close some");
    let mut response = api::refuse(&Refusal::new(503, text));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn preflight() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Origin,Content-Length,Content-Type"),
        (ACCESS_CONTROL_MAX_AGE, "43200"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A reply envelope, or no body at all.
pub(super) fn reply(status: u16, body: Vec<u8>) -> Response<Body> {
    plain(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), TEXT, body)
}

fn plain(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn redirect(status: StatusCode, path: &'static str) -> Response<Body> {
    let mut response = plain(status, TEXT, "");
    response.headers_mut().insert(axum::http::header::LOCATION, HeaderValue::from_static(path));
    response
}

/// How large a message over the websocket may be.
const MAX_SOCKET_MESSAGE: usize = 1 << 20;

async fn upgrade(front: Front, request: Request<Body>) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(MAX_SOCKET_MESSAGE)
            .on_upgrade(move |socket| pubsub::serve(front, socket)),
        Err(_) => plain(StatusCode::BAD_REQUEST, TEXT, "Bad Request\n"),
    }
}
