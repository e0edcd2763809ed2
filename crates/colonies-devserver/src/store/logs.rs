//! Log lines of processes and executors.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::Result;
use super::like::is_like;
pub(crate) use super::rows::add;
use super::rows::all;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Log {
    /// Empty for a line that an executor wrote for itself.
    #[serde(rename = "processid")]
    pub(crate) process_id: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    #[serde(rename = "executorname")]
    pub(crate) executor_name: String,
    pub(crate) message: String,
    /// Nanoseconds since 1970.
    pub(crate) timestamp: i64,
}

impl Log {
    /// The id of the process, or the name of the executor.
    pub(crate) fn writer(&self) -> &str {
        if self.process_id.is_empty() { &self.executor_name } else { &self.process_id }
    }
}

rows!("logs", Log { process_id, colony_name, executor_name, message, timestamp });

/// Whose log is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Writer<'a> {
    Process(&'a str),
    /// An executor of a colony.
    Executor {
        colony: &'a str,
        name: &'a str,
    },
    /// All executors of a name, in whatever colony, as a Colonies server reads them.
    Namesakes(&'a str),
}

impl Writer<'_> {
    /// The id of the process, or the name of the executor.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Process(id) => id,
            Self::Executor { name, .. } | Self::Namesakes(name) => name,
        }
    }
}

/// Which lines of a log are read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    First,
    /// Those after a timestamp.
    Since(i64),
    Latest,
}

/// At most `count` lines, always the oldest first.
pub(crate) fn list(db: &Connection, writer: Writer<'_>, part: Part, count: i64) -> Result<Vec<Log>> {
    let (column, value, colony) = match writer {
        Writer::Process(id) => ("process_id", id, None),
        Writer::Executor { colony, name } => ("executor_name", name, Some(colony)),
        Writer::Namesakes(name) => ("executor_name", name, None),
    };
    let (since, order) = match part {
        Part::First => (i64::MIN, "ASC"),
        Part::Since(since) => (since, "ASC"),
        Part::Latest => (i64::MIN, "DESC"),
    };
    let found: Result<Vec<Log>> = all(
        db,
        &format!(
            "WHERE {column} = ?1 AND (?4 IS NULL OR colony_name = ?4) AND timestamp > ?2
             ORDER BY timestamp {order}, rowid {order} LIMIT ?3"
        ),
        params![value, since, count, colony],
    );
    let mut found = found?;
    if matches!(part, Part::Latest) {
        found.reverse();
    }
    Ok(found)
}

/// Lines of a colony after a timestamp that match a pattern of SQL's LIKE, case included.
pub(crate) fn search(
    db: &Connection,
    colony: &str,
    pattern: &str,
    since: i64,
    count: i64,
) -> Result<Vec<Log>> {
    let mut found: Vec<Log> =
        all(db, "WHERE colony_name = ? AND timestamp > ? ORDER BY timestamp, rowid", params![colony, since])?;
    found.retain(|log| is_like(&log.message, pattern));
    found.truncate(usize::try_from(count).unwrap_or(0));
    Ok(found)
}
