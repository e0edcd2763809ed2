//! Name lookups: few at a time, and one for all connections that need the same name at the same time.
//!
//! The operating system looks names up in a blocking call, so each lookup needs a thread. A burst of connections to one
//! name must not start a thread each.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio::task;

use crate::engine::locked;

/// How long an answer is used. Longer would hide a change; shorter would repeat lookups within one burst.
const FRESH: Duration = Duration::from_secs(1);

type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;

#[derive(Debug)]
struct Entry {
    since: Instant,
    found: Arc<OnceCell<Found>>,
}

/// The lookups of one client.
#[derive(Debug, Default)]
pub(crate) struct Lookups(Mutex<HashMap<String, Entry>>);

impl Lookups {
    /// The addresses of a host.
    pub(crate) async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let cell = self.entry(host);
        match cell.get_or_init(|| look_up(host.to_owned())).await {
            Ok(found) => Ok(found.iter().map(|address| SocketAddr::new(*address, port)).collect()),
            Err(fault) => Err(io::Error::new(fault.kind(), fault.to_string())),
        }
    }

    fn entry(&self, host: &str) -> Arc<OnceCell<Found>> {
        let mut entries = locked(&self.0);
        if let Some(entry) = entries.get(host)
            && (!entry.found.initialized() || entry.since.elapsed() < FRESH)
        {
            return Arc::clone(&entry.found);
        }
        let found = Arc::new(OnceCell::new());
        entries.insert(host.to_owned(), Entry { since: Instant::now(), found: Arc::clone(&found) });
        found
    }
}

async fn look_up(host: String) -> Found {
    let looked_up = task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs().map(Iterator::collect));
    let addresses: Vec<SocketAddr> =
        looked_up.await.map_err(io::Error::other).and_then(|found| found).map_err(Arc::new)?;
    if addresses.is_empty() {
        return Err(Arc::new(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    Ok(addresses.iter().map(SocketAddr::ip).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn connections_that_need_a_name_at_the_same_time_share_a_lookup() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lookups = Lookups::default();
        let first = lookups.entry("localhost");
        assert!(Arc::ptr_eq(&first, &lookups.entry("localhost")));
        assert!(!Arc::ptr_eq(&first, &lookups.entry("elsewhere")));
        let found = runtime.block_on(lookups.addresses("localhost", 7)).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 7), "{found:?}");
        assert!(first.initialized());
        locked(&lookups.0).get_mut("localhost").unwrap().since = Instant::now();
        assert!(Arc::ptr_eq(&first, &lookups.entry("localhost")));
        locked(&lookups.0).get_mut("localhost").unwrap().since -= FRESH;
        assert!(!Arc::ptr_eq(&first, &lookups.entry("localhost")));
    }

    #[test]
    fn addresses_need_no_lookup() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lookups = Lookups::default();
        for host in ["127.0.0.1", "::1"] {
            assert_eq!(runtime.block_on(lookups.addresses(host, 7)).unwrap().len(), 1);
        }
        assert!(locked(&lookups.0).is_empty());
    }
}
