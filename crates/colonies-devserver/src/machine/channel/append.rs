//! Appends to a channel, within limits of size and rate.

use super::payload::Payload;
use super::{ChannelId, check_end, find_usable, process_of_member};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Event, Outcome, Refusal};
use crate::store::channels::{self, Entry};
use crate::wire::Time;

messages! {
    Append {
        process_id: String = "processid",
        name: String = "name",
        sequence: i64 = "sequence",
        in_reply_to: i64 = "inreplyto",
        payload: Payload = "payload",
        kind: String = "payloadtype",
    }
}

/// The longest payload, in bytes.
const LONGEST_PAYLOAD: usize = 10 << 20;

/// How many entries a log has room for, and how many bytes of payload. A log that is full stays full.
pub(crate) const MOST_ENTRIES: usize = 10_000;
const MOST_BYTES: usize = 256 << 20;

/// So many entries at once, and so many more each second, over all channels and senders of a process.
const BURST: f64 = 500.0;
const PER_SECOND: f64 = 100.0;

pub(in crate::machine) fn append(context: &mut Context<'_>, message: Append) -> Outcome {
    let process = process_of_member(context, &message.process_id)?;
    find_usable(&process, &message.name)?;
    let size = message.payload.0.as_ref().map_or(0, Vec::len);
    if size > LONGEST_PAYLOAD {
        return Err(Refusal::internal("message payload exceeds maximum size"));
    }
    check_end(context, &process, "write to")?;
    take_token(context, &process.id)?;
    let log = channels::open(context.db, &process.id, &message.name)?;
    if is_full(log.entries, log.bytes, size) {
        return Err(Refusal::internal("channel log is full").keeping_changes());
    }
    let entry = Entry {
        sequence: message.sequence,
        in_reply_to: message.in_reply_to,
        time: context.now,
        sender_id: context.caller.to_owned(),
        payload: message.payload.0,
        kind: if message.kind.is_empty() { "data".to_owned() } else { message.kind },
    };
    channels::append(context.db, log, &entry)?;
    let channel = ChannelId { process_id: process.id, name: message.name };
    context.events.push(Event::Appended(channel, Box::new(entry)));
    Ok(Answer::empty())
}

fn is_full(entries: i64, bytes: i64, more: usize) -> bool {
    let count = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    count(entries) >= MOST_ENTRIES || count(bytes).saturating_add(more) > MOST_BYTES
}

fn take_token(context: &Context<'_>, process_id: &str) -> Outcome<()> {
    let tokens = refilled(channels::allowance(context.db, process_id)?, context.now);
    if tokens < 1.0 {
        return Err(Refusal::internal("rate limit exceeded"));
    }
    channels::set_allowance(context.db, process_id, tokens - 1.0, context.now)?;
    Ok(())
}

/// The value now of an allowance that was stored at an earlier time.
fn refilled(left: Option<(f64, Time)>, now: Time) -> f64 {
    left.map_or(BURST, |(tokens, then)| (tokens + now.seconds_since(then).max(0.0) * PER_SECOND).min(BURST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_fills_up_with_time_and_not_over() {
        let then = Time::from_micros(0);
        let close = |left, seconds: i64, wanted: f64| {
            (refilled(Some((left, then)), then.plus_seconds(seconds)) - wanted).abs() < 1e-9
        };
        assert!(close(0.0, 0, 0.0));
        assert!(close(0.5, 1, 100.5));
        assert!(close(100.0, 60, 500.0));
        assert!(close(3.0, -1, 3.0));
        assert!((refilled(None, then) - 500.0).abs() < 1e-9);
    }

    #[test]
    fn a_log_is_full_by_number_or_by_size() {
        assert!(!is_full(9_999, 0, 10));
        assert!(is_full(10_000, 0, 0));
        assert!(!is_full(1, (256 << 20) - 10, 10));
        assert!(is_full(1, (256 << 20) - 10, 11));
    }
}
