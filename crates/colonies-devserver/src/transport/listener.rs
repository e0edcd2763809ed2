//! Accepting connections, and ending them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{self, MissedTickBehavior};

use super::core::Core;
use super::routes::route;

/// What every connection works with.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) core: Arc<Core>,
    /// Becomes true when the server stops.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) max_body: usize,
}

impl Front {
    /// Returns when the server stops.
    pub(super) async fn wait_for_stop(&self) {
        // The other end is gone only where the server is, too.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

/// How long a connection may be silent: between two requests, and while it sends the head of one.
const IDLE: Duration = Duration::from_secs(120);

const TICK: Duration = Duration::from_secs(1);

/// Serves until the server is stopped, then gives connections some time to end.
pub(crate) async fn serve(listener: TcpListener, front: Front, grace: Duration) {
    // Only where the runtime has no I/O, and it was built with it.
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime does I/O");
    let mut connections = JoinSet::new();
    let mut ticks = time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, front.clone())); }
                // Out of file descriptors, most likely: better to wait for one than to spin.
                Err(_) => time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = ticks.tick() => front.core.tick(),
            () = front.wait_for_stop() => break,
        }
    }
    drop(listener);
    let _ = time::timeout(grace, async { while connections.join_next().await.is_some() {} }).await;
}

async fn connection(stream: TcpStream, front: Front) {
    // A reply is one small write; it must not wait for others to join it.
    let _ = stream.set_nodelay(true);
    let service_front = front.clone();
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        route(service_front.clone(), request.map(Body::new))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(IDLE).keep_alive(true);
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
