//! Accepts connections, and closes them.

use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time;
use tokio_rustls::TlsAcceptor;

use super::gate::Gate;
use super::head_timeout::{HeadTimeout, Turns};
use crate::config::Limits;

/// What all connections have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    /// Becomes true when the server stops.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) tls: Option<TlsAcceptor>,
    /// Which requests are answered.
    pub(crate) gate: Arc<Gate>,
}

impl Shared {
    /// Returns when the server stops.
    pub(super) async fn wait_for_stop(&self) {
        // The other end is gone only where the server is, too.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

/// Held as long as the connection, or the websocket it became; `None` above the connection limit.
pub(crate) type Permit = Option<Arc<OwnedSemaphorePermit>>;

/// How many connections beyond the limit get an error reply; further ones are closed at once.
const TURNED_AWAY: usize = 64;

/// Serves until the server is stopped, then gives connections some time to end. A request that is answered
/// with an error has its connection closed.
pub(super) async fn serve<A, F, B, E>(listener: TcpListener, shared: Shared, grace: Duration, answer: A)
where
    A: Fn(Request<Incoming>, Permit) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    // Only where the runtime has no I/O, and it was built with it.
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime does I/O");
    let limit = shared.limits.connections;
    let permits = Arc::new(Semaphore::new(limit as usize));
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let permit = Arc::clone(&permits).try_acquire_owned().ok().map(Arc::new);
                    let turn = match permit {
                        Some(_) => None,
                        None => match Arc::clone(&turned_away).try_acquire_owned() {
                            Ok(turn) => Some(turn),
                            Err(_) => continue,
                        }
                    };
                    let (shared, answer) = (shared.clone(), answer.clone());
                    tokio::spawn(async move {
                        connection(stream, shared, move |request| answer(request, permit.clone())).await;
                        drop(turn);
                    });
                }
                // Out of file descriptors, most likely: better to wait for one than to spin.
                Err(_) => time::sleep(Duration::from_millis(50)).await,
            },
            () = shared.wait_for_stop() => break,
        }
    }
    drop(listener);
    // Connections that don't read their answer in time are closed.
    let _ = time::timeout(grace, permits.acquire_many(limit)).await;
}

async fn connection<A, F, B, E>(stream: TcpStream, shared: Shared, answer: A)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    // A reply is one small write; it must not wait for others to join it.
    let _ = stream.set_nodelay(true);
    let Some(tls) = shared.tls.clone() else { return serve_http(stream, shared, answer).await };
    tokio::select! {
        shaken = time::timeout(shared.limits.head_time, tls.accept(stream)) => {
            if let Ok(Ok(stream)) = shaken {
                serve_http(stream, shared, answer).await;
            }
        }
        () = shared.wait_for_stop() => {}
    }
}

async fn serve_http<A, F, B, E>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Shared,
    answer: A,
) where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let turns = Turns::default();
    let stream = HeadTimeout::new(stream, turns.clone(), shared.limits.head_time);
    let service = service_fn(move |request: Request<Incoming>| {
        let turns = turns.clone();
        turns.begin();
        let answer = answer(request);
        async move {
            let answered = answer.await;
            // A websocket has no heads to wait for.
            let upgraded =
                matches!(&answered, Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS);
            if !upgraded {
                turns.end();
            }
            answered
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(shared.limits.idle_time).keep_alive(true);
    let serving = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut serving = std::pin::pin!(serving);
    // A connection that breaks concerns its client alone.
    tokio::select! {
        _ = &mut serving => return,
        () = shared.wait_for_stop() => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}
