//! Who is to be told when a process changes its state.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use crate::machine::Subject;
use crate::store::State;
use crate::store::processes::Process;

/// How many messages may wait for a subscriber that does not read them.
pub(crate) const OUTBOX: usize = 256;

/// Where the messages for one socket go.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    pub(crate) socket: u64,
    pub(crate) messages: mpsc::Sender<Vec<u8>>,
    /// Told when a message had to be dropped: the socket is to be closed then.
    pub(crate) overrun: Arc<Notify>,
}

pub(crate) type Topic = (Subject, State);

#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    topics: HashMap<Topic, VecDeque<Outbox>>,
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

    pub(crate) fn add(&mut self, topic: Topic, outbox: Outbox) {
        self.topics.entry(topic).or_default().push_back(outbox);
    }

    /// Takes back all that a socket subscribed to.
    pub(crate) fn forget(&mut self, socket: u64, topics: &[Topic]) {
        for topic in topics {
            if let Some(outboxes) = self.topics.get_mut(topic) {
                outboxes.retain(|outbox| outbox.socket != socket);
                if outboxes.is_empty() {
                    self.topics.remove(topic);
                }
            }
        }
    }

    /// Tells all subscribers of the process, and of those to its executor type the one whose turn it is.
    pub(crate) fn tell(&mut self, process: &Process) {
        if self.topics.is_empty() {
            return;
        }
        let mut json = None;
        let topic = (Subject::Process(process.id.clone()), process.state);
        for outbox in self.topics.get(&topic).into_iter().flatten() {
            send(outbox, json.get_or_insert_with(|| process.to_json()));
        }
        let topic = (Subject::Processes { executor_type: process.executor_type.clone() }, process.state);
        if let Some(outboxes) = self.topics.get_mut(&topic) {
            for _ in 0..outboxes.len() {
                outboxes.rotate_left(1);
                let Some(outbox) = outboxes.back() else { break };
                if send(outbox, json.get_or_insert_with(|| process.to_json())) {
                    break;
                }
            }
        }
    }
}

fn send(outbox: &Outbox, json: &[u8]) -> bool {
    match outbox.messages.try_send(json.to_vec()) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Full(_)) => {
            outbox.overrun.notify_one();
            false
        }
        Err(mpsc::error::TrySendError::Closed(_)) => false,
    }
}
