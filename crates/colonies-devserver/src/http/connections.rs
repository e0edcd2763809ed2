//! The Colonies side of the server: its connections, and its clock.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use tokio::time::{self, MissedTickBehavior};

use super::faults::Faults;
use super::listener::{self, Permit, Shared};
use super::routes::route;
use super::signers::Signers;
use crate::engine::Core;

/// What every connection works with.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) core: Arc<Core>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) signers: Arc<Signers>,
    pub(crate) shared: Shared,
    pub(crate) permit: Permit,
}

const TICK: Duration = Duration::from_secs(1);

/// Serves until the server is stopped.
pub(crate) async fn serve(listener: TcpListener, connection: Connection, grace: Duration) {
    let shared = connection.shared.clone();
    let connections = connection.clone();
    let serving = listener::serve(listener, shared, grace, move |request, permit| {
        route(Connection { permit, ..connections.clone() }, request.map(Body::new))
    });
    tokio::join!(serving, tick(&connection));
}

async fn tick(connection: &Connection) {
    let mut ticks = time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = ticks.tick() => connection.core.tick(),
            () = connection.shared.wait_for_stop() => break,
        }
    }
}
