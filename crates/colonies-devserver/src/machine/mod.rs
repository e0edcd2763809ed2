//! The state machine: what each message means, who may send it, and what follows.
//!
//! Everything here is a function of its arguments: the store, the time, the caller, the settings and a
//! source of identities. Nothing opens a socket, reads a clock, waits or remembers anything. What a message
//! does is rows changed, an answer, and events that say whom it concerns.

#![expect(
    clippy::needless_pass_by_value,
    reason = "handlers all have the same form: they are given their message, whatever they need of it"
)]

mod access;
mod attribute;
mod blueprint;
mod channel;
mod colony;
mod cron;
mod dispatch;
mod executor;
mod file;
mod function;
mod generator;
mod lags;
mod location;
mod log;
mod message;
mod metrics;
#[cfg(test)]
mod model;
mod pause;
mod process;
mod resources;
mod schedule;
mod seed;
mod server;
mod signature;
mod snapshot;
mod subscription;
#[cfg(test)]
mod testing;
mod user;
mod workflow;

use std::net::SocketAddr;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

pub(crate) use crate::store::processes::requirements;
pub(crate) use channel::append::MOST_ENTRIES;
pub(crate) use channel::{ChannelId, Following, follow, tell_closed};
#[cfg(fuzzing)]
pub(crate) use cron::fuzzing;
pub(crate) use dispatch::carry_out;
pub(crate) use executor::{keep_heard, keep_heard_after_jump};
pub(crate) use lags::{Change, Lags, Step};
pub(crate) use metrics::{Present, metrics};
pub(crate) use process::assign::{
    Asker, Handed, Waiting, hand_over, serve, serve_begun, take_back, time_out,
};
pub(crate) use schedule::{next_due, run_due};
pub(crate) use seed::seed;
pub(crate) use signature::bad_signature;
pub(crate) use subscription::{Subject, Subscription, subscribe};

use crate::store::channels::Entry;
use crate::store::describe;
use crate::store::processes::Process;
use crate::wire::Time;

/// What a message is carried out with.
pub(crate) struct Context<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Time,
    /// The identity that signed the message; empty for what the server does by itself.
    pub(crate) caller: &'a str,
    /// Makes identities for processes and the like, each one only once.
    pub(crate) new_id: &'a dyn Fn() -> String,
    pub(crate) events: Vec<Event>,
    /// The steps in which readers get to see the change.
    pub(crate) change: Change<'a>,
}

impl Context<'_> {
    /// Does something as a whole: where it is refused, nothing of it is left, while what was done before
    /// stays.
    fn as_a_whole<T>(&mut self, body: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let told = self.events.len();
        self.db.prepare_cached("SAVEPOINT part")?.execute([])?;
        let outcome = body(self);
        if outcome.is_err() {
            self.db.prepare_cached("ROLLBACK TO part")?.execute([])?;
            self.events.truncate(told);
        }
        self.db.prepare_cached("RELEASE part")?.execute([])?;
        outcome
    }
}

/// How often a Colonies server looks whether a cron or a generator is due, in milliseconds. This one knows
/// when they are, but says so when asked.
const CHECKER_PERIOD: i64 = 1000;

/// Settings that no message changes.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) address: SocketAddr,
    pub(crate) allow_reregister: bool,
    /// The seed of the lags with which changes are shown, see [`Lags`]. None where they are shown at once, and where
    /// faults of Colonies servers that harm others are not copied.
    pub(crate) realistic: Option<u64>,
}

/// What a message, or the passing of time, brought about that others wait for.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A process has come into its state, for state waiting: it can be handed out. Holds the process as
    /// subscribers are to see it.
    Changed(Box<Process>),
    /// The assignments of a colony go on.
    Resumed { colony_name: String },
    /// A channel has one entry more.
    Appended(ChannelId, Box<Entry>),
    /// A channel is empty, and its followers are removed.
    ChannelClosed(ChannelId),
}

/// The answer to a message that is not refused.
#[derive(Debug)]
pub(crate) enum Answer {
    /// JSON text, under the message's own type.
    Json(Vec<u8>),
    /// JSON text under another type.
    Other(&'static str, Vec<u8>),
    /// No envelope at all.
    Nothing,
    /// Nothing yet: the executor waits for a process.
    Wait(Waiting),
}

impl Answer {
    fn json(value: &impl Serialize) -> Self {
        Self::Json(serde_json::to_vec(value).expect("answers are strings, numbers and JSON texts"))
    }

    /// A list; an empty one is null.
    fn list<T: Serialize>(values: &[T]) -> Self {
        if values.is_empty() { Self::Json(b"null".to_vec()) } else { Self::json(&values) }
    }

    fn empty() -> Self {
        Self::Json(b"{}".to_vec())
    }
}

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// True if changes made before the refusal are kept.
    pub(crate) keeps_changes: bool,
    /// True where the answer is this refusal and after it a second one, status 500, with the same text.
    pub(crate) twice: bool,
    /// How long it takes until the changes that are kept are stored.
    pub(crate) lag: Duration,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), keeps_changes: false, twice: false, lag: Duration::ZERO }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    fn internal(message: impl Into<String>) -> Self {
        Self::new(500, message)
    }

    fn keeping_changes(self) -> Self {
        Self { keeps_changes: true, ..self }
    }

    fn twice(self) -> Self {
        Self { twice: true, ..self }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(fault: rusqlite::Error) -> Self {
        Self::internal(format!("The store of the development server failed: {}", describe(&fault)))
    }
}

type Outcome<T = Answer> = Result<T, Refusal>;

/// A negative count of rows is refused as the database of a Colonies server refuses it.
fn check_count(count: i64) -> Outcome<()> {
    if count < 0 { Err(Refusal::bad_request("pq: LIMIT must not be negative")) } else { Ok(()) }
}
