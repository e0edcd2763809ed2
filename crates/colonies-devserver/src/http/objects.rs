//! The S3 endpoint: the same connections as the server's; `colonies-devs3` answers the requests.

use std::future::poll_fn;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use colonies_devs3::{Body, Service, operation};
use hyper::body::{Body as _, Incoming};
use hyper::{Request, Response};

use super::api::Dropped;
use super::cut::Cut;
use super::faults::{Fault, Faults, Planned};
use super::gate::Caller;
use super::listener::{self, Shared};

/// What every connection works with.
#[derive(Clone)]
pub(crate) struct Objects {
    pub(crate) service: Service,
    /// Their messages are named as S3 names operations: `PutObject`.
    pub(crate) faults: Arc<Faults>,
    pub(crate) shared: Shared,
}

/// Serves until the server is stopped.
pub(crate) async fn serve(listener: TcpListener, objects: Objects, grace: Duration) {
    let shared = objects.shared.clone();
    listener::serve(listener, shared, grace, move |request, permit| {
        let objects = objects.clone();
        async move {
            if permit.is_none() {
                return Ok(too_many(objects.shared.limits.connections));
            }
            objects.admit(request).await
        }
    })
    .await;
}

impl Objects {
    async fn admit(&self, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        let (head, body) = request.into_parts();
        let caller = match self.shared.gate.check(&head) {
            Ok(caller) => caller,
            Err(denied) => return Ok(closing(refusal(denied.status, &denied.message))),
        };
        if let Some(headers) = caller.preflight(&head) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            *response.headers_mut() = headers;
            return Ok(response);
        }
        let mut response = self.answer(Request::from_parts(head, body)).await?;
        isolate(response.headers_mut());
        caller.share(response.headers_mut());
        if matches!(caller, Caller::Page(_)) {
            // Clients of S3 read the ETag of what they store.
            response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
        }
        Ok(response)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        let (head, body) = request.into_parts();
        let Planned { delay, fault } = self.faults.next(operation(&head).unwrap_or_default());
        if !delay.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.shared.wait_for_stop() => {}
            }
        }
        match fault {
            Some(Fault::Cut(size)) => return self.cut(Request::from_parts(head, body), size).await,
            Some(Fault::Error { status, message }) => return Ok(refuse(body, status, &message).await),
            _ => {}
        }
        let request = Request::from_parts(head, Body::from(body));
        match fault {
            Some(Fault::Drop) => Err(Dropped),
            Some(Fault::DropAnswer) => {
                let _ = self.service.call(request).await;
                Err(Dropped)
            }
            _ => self.service.call(request).await.map_err(|_| Dropped),
        }
    }

    /// Carries a request out whose body, or else the body of whose answer, ends early.
    async fn cut(&self, request: Request<Incoming>, size: u64) -> Result<Response<Body>, Dropped> {
        if request.body().is_end_stream() {
            let answer = self.service.call(request.map(Body::from)).await.map_err(|_| Dropped)?;
            return Ok(answer.map(|body| Body::http_body_unsync(Cut::new(body, size))));
        }
        let (body, happened) = Cut::watched(request, size);
        let answer = self.service.call(body.map(Body::http_body_unsync)).await;
        if happened.load(Ordering::Relaxed) { Err(Dropped) } else { answer.map_err(|_| Dropped) }
    }
}

/// Makes a content that a browser shows as a page no page of this server, whose scripts could use it.
fn isolate(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Refuses a request, whose body is read anyway: clients that are still sending would not see the answer.
async fn refuse(body: Incoming, status: u16, message: &str) -> Response<Body> {
    let mut body = std::pin::pin!(body);
    while let Some(Ok(_)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {}
    refusal(status, message)
}

fn too_many(connections: u32) -> Response<Body> {
    let text = format!("this server takes {connections} connections at once, and has them: close some");
    closing(refusal(503, &text))
}

fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// An error as S3 has it.
fn refusal(status: u16, message: &str) -> Response<Body> {
    let code = match status {
        403 => "AccessDenied",
        404 => "NoSuchKey",
        503 => "SlowDown",
        400..500 => "InvalidRequest",
        _ => "InternalError",
    };
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    let text = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
