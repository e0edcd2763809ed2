//! The followers of each channel.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::core::Core;
use crate::machine::{ChannelId, MOST_ENTRIES};
use crate::store::channels::Entry;

/// An entry as it is sent, shared by all followers of the channel.
type Shared = Arc<Vec<u8>>;

#[derive(Debug)]
struct Follower {
    number: u64,
    entries: mpsc::Sender<Shared>,
}

#[derive(Debug, Default)]
pub(crate) struct Followers {
    channels: HashMap<ChannelId, Vec<Follower>>,
    next: u64,
}

impl Followers {
    /// A new follower: its number, and where its entries will come. There is room for more than a log holds,
    /// so that who reads slowly misses nothing.
    pub(crate) fn add(&mut self, channel: ChannelId) -> (u64, mpsc::Receiver<Shared>) {
        let (entries, incoming) = mpsc::channel(MOST_ENTRIES);
        self.next += 1;
        self.channels.entry(channel).or_default().push(Follower { number: self.next, entries });
        (self.next, incoming)
    }

    /// How many subscriptions there are.
    pub(crate) fn count(&self) -> usize {
        self.channels.values().map(Vec::len).sum()
    }

    pub(crate) fn remove(&mut self, channel: &ChannelId, number: u64) {
        if let Some(followers) = self.channels.get_mut(channel) {
            followers.retain(|follower| follower.number != number);
            if followers.is_empty() {
                self.channels.remove(channel);
            }
        }
    }

    /// Sends an entry to all followers of the channel.
    pub(crate) fn tell(&mut self, channel: &ChannelId, entry: &Entry) {
        let Some(followers) = self.channels.get_mut(channel) else { return };
        let json = Arc::new(entry.to_json());
        followers.retain(|follower| follower.entries.try_send(Arc::clone(&json)).is_ok());
    }

    /// Ends all subscriptions to a channel. What has been sent still arrives.
    pub(crate) fn close(&mut self, channel: &ChannelId) {
        self.channels.remove(channel);
    }
}

/// A subscription that runs; it ends when dropped.
pub(crate) struct Followed {
    pub(crate) core: Arc<Core>,
    pub(crate) channel: ChannelId,
    pub(crate) number: u64,
    pub(crate) entries: mpsc::Receiver<Shared>,
    /// None for a time beyond all clocks.
    pub(crate) end: Option<Instant>,
}

/// What becomes of a subscription.
pub(crate) enum Heard {
    /// A list of one entry.
    Entry(Shared),
    TimeIsUp,
    /// The process has ended, or was cancelled or removed.
    Closed,
}

impl Followed {
    /// Waits for what comes next, which is what was sent before the time was up.
    pub(crate) async fn hear(&mut self) -> Heard {
        tokio::select! {
            biased;
            entry = self.entries.recv() => entry.map_or(Heard::Closed, Heard::Entry),
            () = until(self.end) => Heard::TimeIsUp,
        }
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.core.unfollow(&self.channel, self.number);
    }
}

/// Sleeps until `end`, or for ever if there is no end.
pub(crate) async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::wire::Time;

    fn channel() -> ChannelId {
        ChannelId { process_id: "p".to_owned(), name: "chat".to_owned() }
    }

    fn entry(sequence: i64) -> Entry {
        Entry {
            sequence,
            in_reply_to: 0,
            time: Time::ZERO,
            sender_id: "a".to_owned(),
            payload: None,
            kind: "data".to_owned(),
        }
    }

    #[test]
    fn what_was_sent_before_the_close_still_arrives() {
        let mut followers = Followers::default();
        let (_, mut first) = followers.add(channel());
        let (_, mut second) = followers.add(channel());
        followers.tell(&channel(), &entry(1));
        followers.close(&channel());
        followers.tell(&channel(), &entry(2));
        for incoming in [&mut first, &mut second] {
            assert_eq!(*incoming.try_recv().unwrap(), entry(1).to_json());
            assert_eq!(incoming.try_recv().unwrap_err(), mpsc::error::TryRecvError::Disconnected);
        }
    }

    #[test]
    fn who_has_left_is_forgotten() {
        let mut followers = Followers::default();
        let (number, _incoming) = followers.add(channel());
        let (_, gone) = followers.add(channel());
        drop(gone);
        followers.tell(&channel(), &entry(1));
        assert_eq!(followers.channels[&channel()].len(), 1);
        followers.remove(&channel(), number);
        assert!(followers.channels.is_empty());
    }
}
