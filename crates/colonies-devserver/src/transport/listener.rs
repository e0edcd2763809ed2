//! Accepting connections, and ending them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{self, MissedTickBehavior};
use tokio_rustls::TlsAcceptor;

use super::core::Core;
use super::faults::Faults;
use super::patience::{Patient, Turns};
use super::routes::route;
use crate::config::Limits;

/// What every connection works with.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) core: Arc<Core>,
    /// Becomes true when the server stops.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) tls: Option<TlsAcceptor>,
    /// Held as long as the connection, or the websocket that it has become; none where there are too many.
    pub(crate) place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Front {
    /// Returns when the server stops.
    pub(super) async fn wait_for_stop(&self) {
        // The other end is gone only where the server is, too.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

const TICK: Duration = Duration::from_secs(1);

/// How many connections beyond the limit are told so; more than these are closed at once.
const TURNED_AWAY: usize = 64;

/// Serves until the server is stopped, then gives connections some time to end.
pub(crate) async fn serve(listener: TcpListener, front: Front, grace: Duration) {
    // Only where the runtime has no I/O, and it was built with it.
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime does I/O");
    let limit = front.limits.connections;
    let places = Arc::new(Semaphore::new(limit as usize));
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    let mut ticks = time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let place = Arc::clone(&places).try_acquire_owned().ok().map(Arc::new);
                    let front = Front { place, ..front.clone() };
                    if front.place.is_some() {
                        tokio::spawn(connection(stream, front));
                    } else if let Ok(turn) = Arc::clone(&turned_away).try_acquire_owned() {
                        tokio::spawn(async move {
                            connection(stream, front).await;
                            drop(turn);
                        });
                    }
                }
                // Out of file descriptors, most likely: better to wait for one than to spin.
                Err(_) => time::sleep(Duration::from_millis(50)).await,
            },
            _ = ticks.tick() => front.core.tick(),
            () = front.wait_for_stop() => break,
        }
    }
    drop(listener);
    // Whoever does not read its answer in time is cut off.
    let _ = time::timeout(grace, places.acquire_many(limit)).await;
}

async fn connection(stream: TcpStream, front: Front) {
    // A reply is one small write; it must not wait for others to join it.
    let _ = stream.set_nodelay(true);
    let Some(tls) = front.tls.clone() else { return serve_http(stream, front).await };
    tokio::select! {
        shaken = time::timeout(front.limits.head_time, tls.accept(stream)) => {
            if let Ok(Ok(stream)) = shaken {
                serve_http(stream, front).await;
            }
        }
        () = front.wait_for_stop() => {}
    }
}

async fn serve_http(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, front: Front) {
    let turns = Turns::default();
    let stream = Patient::new(stream, turns.clone(), front.limits.head_time);
    let service_front = front.clone();
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (front, turns) = (service_front.clone(), turns.clone());
        async move {
            turns.begin();
            let answered = route(front, request.map(Body::new)).await;
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
    builder.timer(TokioTimer::new()).header_read_timeout(front.limits.idle_time).keep_alive(true);
    let serving = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut serving = std::pin::pin!(serving);
    // A connection that breaks concerns its client alone.
    tokio::select! {
        _ = &mut serving => return,
        () = front.wait_for_stop() => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}
