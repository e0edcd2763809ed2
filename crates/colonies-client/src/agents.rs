//! The connection pool, replaced as a whole after a fork or when its connections are stale.

use std::mem;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ClientConfig;
use ureq::Agent;
use ureq::config::AutoHeaderValue;

use crate::proxy::Proxy;
use crate::rules::{IDLE_AGE, MAX_HEAD, USER_AGENT};
use crate::settings::{Endpoint, Settings};
use crate::stream::Dialer;
use crate::tls;
use crate::transport::{Dialing, NoResolver};

/// The pool of connections in use, replaced as a whole when it turns out to be stale or another process's.
#[derive(Debug)]
pub(crate) struct Agents {
    current: ArcSwap<Generation>,
    tls: Option<ClientConfig>,
    endpoint: Endpoint,
    proxy: Option<Proxy>,
    connect_timeout: Duration,
    idle_connections: usize,
}

/// A pool, and what opens its connections.
#[derive(Debug)]
pub(crate) struct Generation {
    process: u32,
    pub(crate) agent: Agent,
    pub(crate) dialer: Arc<Dialer>,
}

impl Agents {
    pub(crate) fn new(
        settings: &Settings,
        endpoint: Endpoint,
        proxy: Option<Proxy>,
        tls: Option<ClientConfig>,
    ) -> Self {
        let (connect_timeout, idle_connections) = (settings.connect_timeout, settings.idle_connections);
        let dialer = dialer(&endpoint, proxy.as_ref(), tls.as_ref(), connect_timeout);
        Self {
            current: ArcSwap::from_pointee(generation(dialer, idle_connections)),
            tls,
            endpoint,
            proxy,
            connect_timeout,
            idle_connections,
        }
    }

    /// The pool for a call that begins now.
    pub(crate) fn current(&self) -> Arc<Generation> {
        let current = self.current.load_full();
        if current.process == process::id() {
            return current;
        }
        // After a fork: neither may this process talk on its parent's connections, nor may it touch
        // anything that a thread of the parent could have had locked or half changed at that moment. So the
        // pool is left as it is, not even dropped, and everything with a lock inside is made anew.
        mem::forget(Arc::clone(&current));
        let dialer = dialer(&self.endpoint, self.proxy.as_ref(), self.tls.as_ref(), self.connect_timeout);
        self.replace(&current, dialer)
    }

    /// Drops a pool in which a connection had gone stale, since the others may be as well.
    pub(crate) fn retire(&self, stale: &Arc<Generation>) {
        self.replace(stale, Arc::clone(&stale.dialer));
    }

    /// Puts a new pool in the place of `old`, unless another thread did so before.
    fn replace(&self, old: &Arc<Generation>, dialer: Arc<Dialer>) -> Arc<Generation> {
        let new = Arc::new(generation(dialer, self.idle_connections));
        let found = self.current.compare_and_swap(old, Arc::clone(&new));
        if Arc::ptr_eq(&found, old) { new } else { Arc::clone(&found) }
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        let current = self.current.load_full();
        if current.process != process::id() {
            mem::forget(current);
        }
    }
}

fn dialer(
    endpoint: &Endpoint,
    proxy: Option<&Proxy>,
    tls: Option<&ClientConfig>,
    connect_timeout: Duration,
) -> Arc<Dialer> {
    let tls = tls.map(|config| Arc::new(tls::with_own_sessions(config)));
    Arc::new(Dialer { endpoint: endpoint.clone(), tls, connect_timeout, proxy: proxy.cloned() })
}

fn generation(dialer: Arc<Dialer>, idle_connections: usize) -> Generation {
    // Deadlines, TLS and lookup are ours (see `transport`), so the library's settings for them are not
    // used. Redirects are not followed: a message is signed for one server.
    let config = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(USER_AGENT)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .max_response_header_size(MAX_HEAD)
        .max_idle_connections(idle_connections)
        .max_idle_connections_per_host(idle_connections)
        .max_idle_age(IDLE_AGE)
        .build();
    let agent = Agent::with_parts(config, Dialing(Arc::clone(&dialer)), NoResolver);
    Generation { process: process::id(), agent, dialer }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::Tls;

    fn agents(tls: &Tls) -> Agents {
        let settings = Settings::new("localhost", 1, Tls::Off);
        Agents::new(&settings, settings.endpoint().unwrap(), None, tls::config(tls).unwrap())
    }

    /// Makes the pool look as if a parent process had created it.
    fn fork(agents: &Agents) {
        let parents = agents.current.load();
        agents.current.store(Arc::new(Generation {
            process: process::id() + 1,
            agent: parents.agent.clone(),
            dialer: Arc::clone(&parents.dialer),
        }));
    }

    #[test]
    fn a_pool_stays_until_it_is_retired_and_is_retired_once() {
        let agents = agents(&Tls::Off);
        let first = agents.current();
        assert!(Arc::ptr_eq(&first, &agents.current()));
        agents.retire(&first);
        let second = agents.current();
        assert!(!Arc::ptr_eq(&first, &second));
        agents.retire(&first); // by another thread, whose connection was of the same pool
        assert!(Arc::ptr_eq(&second, &agents.current()));
    }

    #[test]
    fn a_child_process_gets_a_pool_and_tls_sessions_of_its_own() {
        let agents = agents(&Tls::SkipVerify);
        fork(&agents);
        let parents = agents.current.load_full();
        let own = agents.current();
        assert_eq!(own.process, process::id());
        assert!(!Arc::ptr_eq(&own.dialer, &parents.dialer));
        let sessions = |generation: &Generation| Arc::clone(generation.dialer.tls.as_ref().unwrap());
        assert!(!Arc::ptr_eq(&sessions(&own), &sessions(&parents)));
        assert!(Arc::ptr_eq(&own, &agents.current()));
    }

    #[test]
    fn a_child_process_never_drops_its_parents_pool() {
        for used_in_child in [true, false] {
            let agents = agents(&Tls::Off);
            fork(&agents);
            let parents = Arc::downgrade(&agents.current.load_full());
            if used_in_child {
                drop(agents.current());
            }
            drop(agents);
            assert!(parents.upgrade().is_some());
        }
    }

    #[test]
    fn a_process_drops_its_own_pool() {
        let agents = agents(&Tls::Off);
        let own = Arc::downgrade(&agents.current());
        drop(agents);
        assert!(own.upgrade().is_none());
    }
}
