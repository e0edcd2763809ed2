//! Channels: logs of messages between the submitter and the executor of a process.
//!
//! They go with their process, by triggers, so that no way of ending or removing one has to think of them.

use data_encoding::BASE64;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::ser::Serializer;

use super::rows::{Stored, all, insert};
use super::{Result, optional};
use crate::wire::Time;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// The sender's own number; its entries are in this order.
    pub(crate) sequence: i64,
    #[serde(rename = "inreplyto", skip_serializing_if = "is_zero")]
    pub(crate) in_reply_to: i64,
    #[serde(rename = "timestamp")]
    pub(crate) time: Time,
    #[serde(rename = "senderid")]
    pub(crate) sender_id: String,
    #[serde(serialize_with = "base64")]
    pub(crate) payload: Option<Vec<u8>>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::ref_option, reason = "serde passes fields by reference")]
fn base64<S: Serializer>(payload: &Option<Vec<u8>>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    payload.as_ref().map(|bytes| BASE64.encode(bytes)).serialize(serializer)
}

impl Entry {
    /// The entry as subscribers are sent it: a list of one.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&[self]).expect("an entry is strings and numbers")
    }
}

/// A channel in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    id: i64,
    pub(crate) entries: i64,
    /// The size of all payloads.
    pub(crate) bytes: i64,
}

/// Makes the tables, empty.
pub(super) fn prepare(db: &Connection) -> Result<()> {
    db.execute_batch(include_str!("channels.sql"))
}

/// The log of a channel, which is created on demand.
pub(crate) fn open(db: &Connection, process_id: &str, name: &str) -> Result<Log> {
    db.prepare_cached("INSERT OR IGNORE INTO channels VALUES (NULL, ?, ?, 0, 0)")?
        .execute([process_id, name])?;
    db.prepare_cached("SELECT id, entries, bytes FROM channels WHERE process_id = ? AND name = ?")?
        .query_row([process_id, name], |row| {
            Ok(Log { id: row.get(0)?, entries: row.get(1)?, bytes: row.get(2)? })
        })
}

/// Adds an entry at the end, or before the first entry of the same sender that comes later in its sequence.
pub(crate) fn append(db: &Connection, log: Log, entry: &Entry) -> Result<()> {
    let before: Option<i64> = db
        .prepare_cached(
            "SELECT min(position) FROM channel_entries WHERE channel_id = ? AND sender_id = ? AND sequence > ?",
        )?
        .query_row(params![log.id, entry.sender_id, entry.sequence], |row| row.get(0))?;
    if let Some(before) = before {
        db.prepare_cached(
            "UPDATE channel_entries SET position = position + 1 WHERE channel_id = ? AND position >= ?",
        )?
        .execute([log.id, before])?;
    }
    let mut values = entry.values()?;
    values.extend([log.id.into(), before.unwrap_or(log.entries).into()]);
    insert(db, Entry::TABLE, &format!("{}, channel_id, position", Entry::COLUMNS), &values, "")?;
    let bytes = entry.payload.as_ref().map_or(0, |payload| i64::try_from(payload.len()).unwrap_or(i64::MAX));
    db.prepare_cached("UPDATE channels SET entries = entries + 1, bytes = bytes + ? WHERE id = ?")?
        .execute([bytes, log.id])?;
    Ok(())
}

/// The entries after the first `skip`, at most `limit`.
pub(crate) fn entries(
    db: &Connection,
    process_id: &str,
    name: &str,
    skip: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    all(
        db,
        "WHERE channel_id = (SELECT id FROM channels WHERE process_id = ? AND name = ?) AND position >= ?
         ORDER BY position LIMIT ?",
        params![process_id, name, skip, limit],
    )
}

rows!("channel_entries", Entry { sender_id, sequence, in_reply_to, time, payload, kind = "type" });

/// How many entries a process might have appended at once, and when; `None` where it has appended none yet.
pub(crate) fn allowance(db: &Connection, process_id: &str) -> Result<Option<(f64, Time)>> {
    optional(
        db.prepare_cached("SELECT tokens, time FROM channel_allowances WHERE process_id = ?")?
            .query_row([process_id], |row| Ok((row.get(0)?, row.get(1)?))),
    )
}

pub(crate) fn set_allowance(db: &Connection, process_id: &str, tokens: f64, time: Time) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO channel_allowances VALUES (?, ?, ?)")?
        .execute(params![process_id, tokens, time])?;
    Ok(())
}

/// The executor that a process was taken from, so that it waits again.
pub(crate) fn last_holder(db: &Connection, process_id: &str) -> Result<Option<String>> {
    optional(
        db.prepare_cached("SELECT executor_id FROM last_holders WHERE process_id = ?")?
            .query_row([process_id], |row| row.get(0)),
    )
}

/// Process and name of the channels that were closed since the last call.
pub(crate) fn take_closed(db: &Connection) -> Result<Vec<(String, String)>> {
    let closed: Result<Vec<(String, String)>> = db
        .prepare_cached("SELECT process_id, name FROM closed_channels")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect();
    let closed = closed?;
    if !closed.is_empty() {
        db.prepare_cached("DELETE FROM closed_channels")?.execute([])?;
    }
    Ok(closed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn entry(sender: &str, sequence: i64, text: &str) -> Entry {
        Entry {
            sequence,
            in_reply_to: 0,
            time: Time::ZERO,
            sender_id: sender.to_owned(),
            payload: Some(text.as_bytes().to_vec()),
            kind: "data".to_owned(),
        }
    }

    fn write(db: &Connection, entry: &Entry) {
        append(db, open(db, "p", "chat").unwrap(), entry).unwrap();
    }

    fn texts(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(|entry| String::from_utf8(entry.payload.clone().unwrap()).unwrap()).collect()
    }

    fn all(db: &Connection) -> Vec<Entry> {
        entries(db, "p", "chat", 0, -1).unwrap()
    }

    #[test]
    fn the_entries_of_one_sender_are_in_their_sequence() {
        let db = crate::store::open(None).unwrap();
        for (sequence, text) in
            [(5, "five"), (1, "one"), (3, "three"), (3, "again"), (-2, "minus"), (0, "zero")]
        {
            write(&db, &entry("a", sequence, text));
        }
        assert_eq!(texts(&all(&db)), ["minus", "zero", "one", "three", "again", "five"]);
        assert_eq!(texts(&entries(&db, "p", "chat", 4, 1).unwrap()), ["again"]);
        assert_eq!(texts(&entries(&db, "p", "chat", 99, -1).unwrap()), [""; 0]);
    }

    #[test]
    fn the_entries_of_two_senders_are_in_the_order_of_time() {
        let db = crate::store::open(None).unwrap();
        for (sender, sequence, text) in
            [("a", 1, "a1"), ("b", 1, "b1"), ("a", 2, "a2"), ("b", 100, "b100"), ("a", 3, "a3")]
        {
            write(&db, &entry(sender, sequence, text));
        }
        assert_eq!(texts(&all(&db)), ["a1", "b1", "a2", "b100", "a3"]);
    }

    #[test]
    fn an_entry_is_sent_with_its_payload_in_base64() {
        let sent = |entry: &Entry| String::from_utf8(entry.to_json()).unwrap();
        assert_eq!(
            sent(&entry("a", 1, "hello")),
            r#"[{"sequence":1,"timestamp":"0001-01-01T00:00:00Z","senderid":"a","payload":"aGVsbG8=","type":"data"}]"#
        );
        let bare = Entry { payload: None, in_reply_to: 7, ..entry("a", 1, "") };
        assert!(sent(&bare).contains(r#""inreplyto":7,"#));
        assert!(sent(&bare).contains(r#""payload":null"#));
    }

    proptest! {
        #[test]
        fn positions_have_no_gaps_and_every_sender_keeps_its_sequence(
            written in proptest::collection::vec(("[abc]", -3..3_i64), 0..40),
        ) {
            let db = crate::store::open(None).unwrap();
            for (number, (sender, sequence)) in written.iter().enumerate() {
                write(&db, &entry(sender, *sequence, &number.to_string()));
            }
            let found = all(&db);
            prop_assert_eq!(found.len(), written.len());
            for skip in 0..found.len() {
                let rest = entries(&db, "p", "chat", i64::try_from(skip).unwrap(), -1).unwrap();
                prop_assert_eq!(&rest, &found[skip..]);
            }
            for sender in ["a", "b", "c"] {
                let own: Vec<_> = found.iter().filter(|entry| entry.sender_id == sender).collect();
                for pair in own.windows(2) {
                    let number = |entry: &Entry| texts(std::slice::from_ref(entry))[0].parse::<usize>().unwrap();
                    prop_assert!(
                        (pair[0].sequence, number(pair[0])) < (pair[1].sequence, number(pair[1]))
                    );
                }
            }
        }
    }
}
