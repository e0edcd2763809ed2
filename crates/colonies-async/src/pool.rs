//! The connection pool of one server, replaced after a fork or when its connections are stale.

use std::mem;
use std::process;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arc_swap::ArcSwap;
use colonies_client::Settings;
use colonies_client::rules::IDLE_AGE;
use colonies_client::shared::{Endpoint, Proxy, with_own_sessions};
use rustls::ClientConfig;
use tokio::sync::Semaphore;

use crate::dial::Dialer;
use crate::engine::locked;
use crate::lookup::Lookups;
use crate::stream::Stream;

/// The idle connections to one server, and what opens further ones.
#[derive(Debug)]
pub(crate) struct Pool {
    process: u32,
    pub(crate) dialer: Arc<Dialer>,
    /// One for each call in flight, apart from those that the server holds. After a fork they are new, too: calls of
    /// the parent that were in flight keep theirs for good.
    pub(crate) turns: Arc<Semaphore>,
    /// The one used last at the end; none once the pool is retired.
    idle: Mutex<Option<Vec<(Instant, Stream)>>>,
    most: usize,
}

impl Pool {
    fn new(dialer: Arc<Dialer>, turns: Arc<Semaphore>, most: usize) -> Self {
        Self { process: process::id(), dialer, turns, idle: Mutex::new(Some(Vec::new())), most }
    }

    /// An idle connection that can take a request.
    pub(crate) fn take(&self) -> Option<Stream> {
        loop {
            let (since, mut stream) = locked(&self.idle).as_mut()?.pop()?;
            if since.elapsed() > IDLE_AGE {
                // The others were used before it.
                locked(&self.idle).as_mut()?.clear();
                return None;
            }
            if stream.is_reusable() {
                return Some(stream);
            }
        }
    }

    /// True where a connection is idle, though it may turn out to be closed.
    pub(crate) fn has_idle(&self) -> bool {
        locked(&self.idle).as_ref().is_some_and(|idle| !idle.is_empty())
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put(&self, stream: Stream) {
        if let Some(idle) = locked(&self.idle).as_mut()
            && idle.len() < self.most
        {
            idle.push((Instant::now(), stream));
        }
    }
}

/// The pool in use, replaced as a whole when it turns out to be stale or another process's.
#[derive(Debug)]
pub(crate) struct Pools {
    current: ArcSwap<Pool>,
    endpoint: Endpoint,
    proxy: Option<Proxy>,
    tls: Option<ClientConfig>,
    settings: Settings,
    concurrency: usize,
}

impl Pools {
    pub(crate) fn new(
        settings: Settings,
        endpoint: Endpoint,
        proxy: Option<Proxy>,
        tls: Option<ClientConfig>,
        concurrency: usize,
    ) -> Self {
        let dialer = dialer(&settings, &endpoint, proxy.as_ref(), tls.as_ref());
        let turns = Arc::new(Semaphore::new(concurrency));
        let pool = Pool::new(dialer, turns, settings.idle_connections);
        Self { current: ArcSwap::from_pointee(pool), endpoint, proxy, tls, settings, concurrency }
    }

    /// The pool for a call that begins now.
    pub(crate) fn current(&self) -> Arc<Pool> {
        let current = self.current.load_full();
        if current.process == process::id() {
            return current;
        }
        // After a fork. The parent's sockets are registered with the parent's event loop, which the child shares;
        // dropping them here would unregister them there. So they are left as they are, for good.
        mem::forget(Arc::clone(&current));
        let dialer = dialer(&self.settings, &self.endpoint, self.proxy.as_ref(), self.tls.as_ref());
        self.replace(&current, dialer, Arc::new(Semaphore::new(self.concurrency)))
    }

    /// Drops the connections of a pool in which one had gone stale, since the others may have as well.
    pub(crate) fn retire(&self, stale: &Arc<Pool>) {
        self.replace(stale, Arc::clone(&stale.dialer), Arc::clone(&stale.turns));
        locked(&stale.idle).take();
    }

    /// Closes all idle connections.
    pub(crate) fn clear(&self) {
        let current = self.current.load_full();
        if current.process == process::id()
            && let Some(idle) = locked(&current.idle).as_mut()
        {
            idle.clear();
        }
    }

    fn replace(&self, old: &Arc<Pool>, dialer: Arc<Dialer>, turns: Arc<Semaphore>) -> Arc<Pool> {
        let new = Arc::new(Pool::new(dialer, turns, self.settings.idle_connections));
        let found = self.current.compare_and_swap(old, Arc::clone(&new));
        if Arc::ptr_eq(&found, old) { new } else { Arc::clone(&found) }
    }
}

impl Drop for Pools {
    fn drop(&mut self) {
        let current = self.current.load_full();
        if current.process != process::id() {
            mem::forget(current);
        }
    }
}

fn dialer(
    settings: &Settings,
    endpoint: &Endpoint,
    proxy: Option<&Proxy>,
    tls: Option<&ClientConfig>,
) -> Arc<Dialer> {
    Arc::new(Dialer {
        endpoint: endpoint.clone(),
        tls: tls.map(|config| Arc::new(with_own_sessions(config))),
        proxy: proxy.cloned(),
        connect_timeout: settings.connect_timeout,
        verifier_blocks: settings.tls == colonies_client::Tls::System
            && cfg!(any(windows, target_vendor = "apple")),
        lookups: Lookups::default(),
    })
}
