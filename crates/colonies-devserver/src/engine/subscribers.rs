//! Subscribers to state changes of processes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::machine::Subject;
use crate::store::State;
use crate::store::processes::Process;

/// How many messages may wait for a subscriber that does not read them.
pub(crate) const OUTBOX: usize = 256;

/// Where the messages for one socket go.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    pub(crate) socket: u64,
    pub(crate) messages: mpsc::Sender<Due>,
    /// Notified when a message was dropped; the socket must then be closed.
    pub(crate) overrun: Arc<Notify>,
}

/// A message, and when it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) at: Instant,
    pub(crate) payload: Vec<u8>,
}

#[derive(Debug)]
struct Subscriber {
    outbox: Outbox,
    /// What changes before is missed.
    from: Instant,
}

pub(crate) type Topic = (Subject, State);

#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    topics: HashMap<Topic, VecDeque<Subscriber>>,
    next: u64,
}

impl Subscribers {
    /// A number for a new socket.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// How many subscriptions there are.
    pub(crate) fn count(&self) -> usize {
        self.topics.values().map(VecDeque::len).sum()
    }

    pub(crate) fn add(&mut self, topic: Topic, outbox: Outbox, from: Instant) {
        self.topics.entry(topic).or_default().push_back(Subscriber { outbox, from });
    }

    /// Takes back all that a socket subscribed to.
    pub(crate) fn forget(&mut self, socket: u64, topics: &[Topic]) {
        for topic in topics {
            if let Some(subscribers) = self.topics.get_mut(topic) {
                subscribers.retain(|subscriber| subscriber.outbox.socket != socket);
                if subscribers.is_empty() {
                    self.topics.remove(topic);
                }
            }
        }
    }

    /// Tells all subscribers of the process, and of those to its executor type the one whose turn it is.
    pub(crate) fn tell(&mut self, process: &Process, at: Instant) {
        if self.topics.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut json = None;
        let topic = (Subject::Process(process.id.clone()), process.state);
        for subscriber in self.topics.get(&topic).into_iter().flatten() {
            if subscriber.from <= now {
                send(&subscriber.outbox, at, json.get_or_insert_with(|| process.to_json()));
            }
        }
        let topic = (Subject::Processes { executor_type: process.executor_type.clone() }, process.state);
        if let Some(subscribers) = self.topics.get_mut(&topic) {
            for _ in 0..subscribers.len() {
                subscribers.rotate_left(1);
                let Some(subscriber) = subscribers.back() else { break };
                if subscriber.from <= now
                    && send(&subscriber.outbox, at, json.get_or_insert_with(|| process.to_json()))
                {
                    break;
                }
            }
        }
    }
}

fn send(outbox: &Outbox, at: Instant, json: &[u8]) -> bool {
    match outbox.messages.try_send(Due { at, payload: json.to_vec() }) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Full(_)) => {
            outbox.overrun.notify_one();
            false
        }
        Err(mpsc::error::TrySendError::Closed(_)) => false,
    }
}
