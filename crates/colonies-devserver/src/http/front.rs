//! The Colonies side of the server: its connections, and its clock.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use tokio::time::{self, MissedTickBehavior};

use super::faults::Faults;
use super::listener::{self, Line, Place};
use super::routes::route;
use super::signers::Signers;
use crate::engine::Core;

/// What every connection works with.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) core: Arc<Core>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) signers: Arc<Signers>,
    pub(crate) line: Line,
    pub(crate) place: Place,
}

const TICK: Duration = Duration::from_secs(1);

/// Serves until the server is stopped.
pub(crate) async fn serve(listener: TcpListener, front: Front, grace: Duration) {
    let line = front.line.clone();
    let connections = front.clone();
    let serving = listener::serve(listener, line, grace, move |request, place| {
        route(Front { place, ..connections.clone() }, request.map(Body::new))
    });
    tokio::join!(serving, tick(&front));
}

async fn tick(front: &Front) {
    let mut ticks = time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = ticks.tick() => front.core.tick(),
            () = front.line.wait_for_stop() => break,
        }
    }
}
