//! Following a channel.

use super::{MOST_CHANNELS, channel_not_found, check_end, find, process_of_member};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::channels;
use crate::wire::{FieldType, json_fault, type_mismatch};

messages! {
    Subscribe {
        process_id: String = "processid",
        name: String = "name",
        after: i64 = "afterseq",
        timeout: i64 = "timeout",
    }
}

/// The fields of the message, for error messages.
const FIELDS: [(&str, FieldType); 5] = [
    ("msgtype", FieldType::Text),
    ("processid", FieldType::Text),
    ("name", FieldType::Text),
    ("afterseq", FieldType::Integer("int64")),
    ("timeout", FieldType::Integer("int")),
];

/// For subscribers without a time limit.
const DEFAULT_SECONDS: u64 = 30;

/// One channel of one process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChannelId {
    pub(crate) process_id: String,
    pub(crate) name: String,
}

/// A subscription to a channel.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    pub(crate) channel: ChannelId,
    pub(crate) seconds: u64,
    /// The existing entries, if any.
    pub(crate) first: Option<Vec<u8>>,
}

/// Takes in a subscription to a channel.
pub(crate) fn follow(context: &Context<'_>, payloadtype: &str, payload: &[u8]) -> Outcome<Following> {
    let message: Subscribe = colonies_proto::from_json(payload).map_err(|fault| {
        let words = type_mismatch(payload, "SubscribeChannelMsg", &FIELDS);
        Refusal::bad_request(words.unwrap_or_else(|| json_fault(payload, &fault)))
    })?;
    if message.msgtype != payloadtype {
        return Err(Refusal::bad_request(
            "Failed to subscribe to channel, msg.MsgType does not match rpcMsg.PayloadType",
        ));
    }
    let process = process_of_member(context, &message.process_id)?;
    if find(&process, &message.name)? >= MOST_CHANNELS {
        return Err(channel_not_found());
    }
    check_end(context, &process, "subscribe to")?;
    // A channel in use tells when it closes.
    channels::open(context.db, &process.id, &message.name)?;
    let found = channels::entries(context.db, &process.id, &message.name, message.after, -1)?;
    let first = match Answer::json(&found) {
        Answer::Json(entries) if !found.is_empty() => Some(entries),
        _ => None,
    };
    Ok(Following {
        channel: ChannelId { process_id: process.id, name: message.name },
        seconds: seconds(message.timeout),
        first,
    })
}

fn seconds(timeout: i64) -> u64 {
    match timeout {
        0 => DEFAULT_SECONDS,
        timeout => u64::try_from(timeout).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn no_timeout_is_the_default_and_one_below_zero_is_over_at_once() {
        assert_eq!([seconds(0), seconds(-1), seconds(5)], [30, 0, 5]);
    }
}
