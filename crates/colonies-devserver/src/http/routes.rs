//! Routes of paths, and the headers of responses.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::api::Dropped;
use super::connections::Connection;
use super::gate::Denied;
use super::{api, pubsub};
use crate::machine::Refusal;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Answers a request.
pub(super) async fn route(connection: Connection, request: Request<Body>) -> Result<Response<Body>, Dropped> {
    if connection.permit.is_none() {
        return Ok(too_many(connection.shared.limits.connections));
    }
    let (head, body) = request.into_parts();
    let gate = Arc::clone(&connection.shared.gate);
    let caller = match gate.check(&head) {
        Ok(caller) => caller,
        Err(denied) => return Ok(turn_away(denied)),
    };
    if let Some(headers) = caller.preflight(&head) {
        return Ok(preflight(headers));
    }
    let mut response = match (&head.method, head.uri.path()) {
        (&Method::POST, "/api") => match gate.check_json(&caller, &head.headers) {
            Ok(()) => api::answer(&connection, body).await?,
            Err(denied) => turn_away(denied),
        },
        (&Method::GET, "/health") => plain(StatusCode::OK, TEXT, ""),
        (&Method::GET, "/metrics") => match connection.core.metrics() {
            Ok(metrics) => plain(StatusCode::OK, METRICS, metrics),
            Err(refusal) => api::refuse(&refusal),
        },
        (&Method::GET, "/pubsub") => upgrade(connection, Request::from_parts(head, body)).await,
        (&Method::POST, "/api/") => redirect(StatusCode::TEMPORARY_REDIRECT, "/api"),
        (&Method::GET, "/health/") => redirect(StatusCode::MOVED_PERMANENTLY, "/health"),
        _ => plain(StatusCode::NOT_FOUND, HeaderValue::from_static("text/plain"), "404 page not found"),
    };
    caller.share(response.headers_mut());
    Ok(response)
}

/// Refuses a request without reading it. Its body is not read, so the connection ends.
fn turn_away(denied: Denied) -> Response<Body> {
    closing(api::refuse(&Refusal::new(denied.status, denied.message)))
}

fn too_many(connections: u32) -> Response<Body> {
    let text = format!("this server takes {connections} connections at once, and has them: close some");
    closing(api::refuse(&Refusal::new(503, text)))
}

fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn preflight(headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = headers;
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

async fn upgrade(connection: Connection, request: Request<Body>) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(MAX_SOCKET_MESSAGE)
            .on_upgrade(move |socket| pubsub::serve(connection, socket)),
        Err(_) => plain(StatusCode::BAD_REQUEST, TEXT, "Bad Request\n"),
    }
}
