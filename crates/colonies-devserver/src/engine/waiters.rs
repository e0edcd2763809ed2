//! Requests for work that wait for a process, in order of arrival.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::machine::{Asker, Handed};
use crate::store::processes::Requirements;

/// Asks of one colony and executor type wait in one queue.
type Key = (String, String);

#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) asker: Asker,
    pub(crate) deliver: oneshot::Sender<Handed>,
    /// What becomes ready before is not for this waiter.
    pub(crate) from: Instant,
}

impl Waiter {
    fn is_ready(&self) -> bool {
        !self.deliver.is_closed() && self.from <= Instant::now()
    }
}

/// Where a waiter stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    key: Key,
    number: u64,
}

/// All waiters. They are not polled, so they cost memory only.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    queues: HashMap<Key, BTreeMap<u64, Waiter>>,
    next: u64,
}

impl Waiters {
    pub(crate) fn add(&mut self, waiter: Waiter) -> Place {
        let key = (waiter.asker.colony_name.clone(), waiter.asker.executor_type.clone());
        let number = self.next;
        self.next += 1;
        self.queues.entry(key.clone()).or_default().insert(number, waiter);
        Place { key, number }
    }

    pub(crate) fn count(&self) -> usize {
        self.queues.values().map(BTreeMap::len).sum()
    }

    /// True where the waiter has not been served and has not left.
    pub(crate) fn contains(&self, place: &Place) -> bool {
        self.queues.get(&place.key).is_some_and(|queue| queue.contains_key(&place.number))
    }

    pub(crate) fn remove(&mut self, place: &Place) -> Option<Waiter> {
        let queue = self.queues.get_mut(&place.key)?;
        let waiter = queue.remove(&place.number);
        if queue.is_empty() {
            self.queues.remove(&place.key);
        }
        waiter
    }

    /// The first that can take a process with these requirements, of those that came after a place.
    pub(crate) fn next_that_meets(
        &self,
        colony: &str,
        executor_type: &str,
        wanted: &Requirements,
        after: Option<&Place>,
    ) -> Option<(Place, Asker)> {
        let key = (colony.to_owned(), executor_type.to_owned());
        let from = after.map_or(Unbounded, |place| Excluded(place.number));
        let (number, waiter) = self
            .queues
            .get(&key)?
            .range((from, Unbounded))
            .find(|(_, waiter)| waiter.is_ready() && waiter.asker.meets(wanted))?;
        Some((Place { key, number: *number }, waiter.asker.clone()))
    }

    /// All that wait, in no order.
    pub(crate) fn askers(&self) -> impl Iterator<Item = &Asker> {
        self.queues.values().flat_map(BTreeMap::values).map(|waiter| &waiter.asker)
    }

    /// All of a colony, first come first.
    pub(crate) fn of_colony(&self, colony: &str) -> Vec<(Place, Asker)> {
        let mut found: Vec<(Place, Asker)> = self
            .queues
            .iter()
            .filter(|(key, _)| key.0 == colony)
            .flat_map(|(key, queue)| {
                let open = queue.iter().filter(|(_, waiter)| waiter.is_ready());
                open.map(|(number, waiter)| {
                    (Place { key: key.clone(), number: *number }, waiter.asker.clone())
                })
            })
            .collect();
        found.sort_by_key(|(place, _)| place.number);
        found
    }
}
