//! Channels: messages between the submitter of a process and its executor.
//!
//! A channel is there as long as its process is, and is declared in the function spec. Both ends append,
//! both read everything. Nothing of it outlives the server.

pub(super) mod append;
mod payload;
pub(super) mod read;
mod subscribe;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::Deserialize;

use super::access::member;
use super::{Context, Event, Outcome, Refusal};
use crate::store::processes::{self, Process};
use crate::store::{State, channels};

pub(crate) use subscribe::{ChannelId, Following, follow};

/// How many channels a process has; names over it are taken, and are of no use.
const MOST_CHANNELS: usize = 100;

/// A process whose channels a member of its colony is interested in.
fn process_of_member(context: &Context<'_>, process_id: &str) -> Outcome<Process> {
    let process =
        processes::get(context.db, process_id)?.ok_or_else(|| Refusal::not_found("Process not found"))?;
    member(context, &process.colony_name)?;
    Ok(process)
}

#[derive(Deserialize)]
struct Declared {
    #[serde(default)]
    channels: Vec<String>,
}

/// The number of a channel among those that the spec of a process declares. `None` where it declares no such
/// channel.
fn place(spec: &str, name: &str) -> Outcome<Option<usize>> {
    let declared: Declared = serde_json::from_str(spec)
        .map_err(|fault| Refusal::internal(format!("A stored function spec cannot be read: {fault}")))?;
    let mut seen = HashSet::new();
    Ok(declared
        .channels
        .iter()
        .filter(|channel| seen.insert(channel.as_str()))
        .position(|channel| channel == name))
}

fn channel_not_found() -> Refusal {
    Refusal::not_found("Channel not found")
}

/// The number of a channel that is there: declared, and of a process that has not ended. A cancelled process
/// has its channels still, empty at first.
fn find(process: &Process, name: &str) -> Outcome<usize> {
    if matches!(process.state, State::Successful | State::Failed) {
        return Err(channel_not_found());
    }
    place(process.spec.get(), name)?.ok_or_else(channel_not_found)
}

fn find_usable(process: &Process, name: &str) -> Outcome<()> {
    if find(process, name)? < MOST_CHANNELS {
        Ok(())
    } else {
        Err(Refusal::internal("process has too many channels"))
    }
}

/// Lets both ends of a process pass: who submitted it, and the executor that has it, or had it before it
/// came to wait again.
fn check_end(context: &Context<'_>, process: &Process, wanted: &str) -> Outcome<()> {
    let is_end = context.caller == process.initiator_id
        || if process.assigned_executor_id.is_empty() {
            channels::last_holder(context.db, &process.id)?.as_deref() == Some(context.caller)
        } else {
            process.assigned_executor_id == context.caller
        };
    if is_end { Ok(()) } else { Err(Refusal::forbidden(format!("Not authorized to {wanted} channel"))) }
}

/// Returns the channels that the last change closed.
pub(crate) fn tell_closed(context: &mut Context<'_>) -> Outcome<()> {
    for (process_id, name) in channels::take_closed(context.db)? {
        context.events.push(Event::ChannelClosed(ChannelId { process_id, name }));
    }
    Ok(())
}
