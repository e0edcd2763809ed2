//! Log lines of processes and executors.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::Result;
use super::like::is_like;

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

fn read(row: &Row<'_>) -> Result<Log> {
    Ok(Log {
        process_id: row.get(0)?,
        colony_name: row.get(1)?,
        executor_name: row.get(2)?,
        message: row.get(3)?,
        timestamp: row.get(4)?,
    })
}

pub(crate) fn add(db: &Connection, log: &Log) -> Result<()> {
    db.prepare_cached("INSERT INTO logs VALUES (?, ?, ?, ?, ?)")?.execute(params![
        log.process_id,
        log.colony_name,
        log.executor_name,
        log.message,
        log.timestamp
    ])?;
    Ok(())
}

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
    let found: Result<Vec<Log>> = db
        .prepare_cached(&format!(
            "SELECT * FROM logs WHERE {column} = ?1 AND (?4 IS NULL OR colony_name = ?4) AND timestamp > ?2
             ORDER BY timestamp {order}, rowid {order} LIMIT ?3"
        ))?
        .query_map(params![value, since, count, colony], read)?
        .collect();
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
    let mut statement = db.prepare_cached(
        "SELECT * FROM logs WHERE colony_name = ? AND timestamp > ? ORDER BY timestamp, rowid",
    )?;
    let mut rows = statement.query(params![colony, since])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if found.len() >= usize::try_from(count).unwrap_or(0) {
            break;
        }
        let log = read(row)?;
        if is_like(&log.message, pattern) {
            found.push(log);
        }
    }
    Ok(found)
}
