//! Log lines of processes and executors.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::Result;

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
    /// By name alone: executors of one name share a log, whatever their colony.
    Executor(&'a str),
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
    let (column, value) = match writer {
        Writer::Process(id) => ("process_id", id),
        Writer::Executor(name) => ("executor_name", name),
    };
    let (since, order) = match part {
        Part::First => (i64::MIN, "ASC"),
        Part::Since(since) => (since, "ASC"),
        Part::Latest => (i64::MIN, "DESC"),
    };
    let found: Result<Vec<Log>> = db
        .prepare_cached(&format!(
            "SELECT * FROM logs WHERE {column} = ?1 AND timestamp > ?2
             ORDER BY timestamp {order}, rowid {order} LIMIT ?3"
        ))?
        .query_map(params![value, since, count], read)?
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

/// SQL's LIKE with regard to case, which SQLite's own has not: `%` is any text, `_` any character, and a
/// backslash takes the next character as it is.
fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    // Where to go on when a later part does not fit: the pattern after the last `%`, and the text it took.
    let (mut at, mut from, mut retry) = (0, 0, None);
    while at < text.len() {
        let (length, fits) = match pattern.get(from) {
            Some('%') => {
                retry = Some((from + 1, at));
                from += 1;
                continue;
            }
            Some('_') => (1, true),
            Some('\\') if from + 1 < pattern.len() => (2, pattern[from + 1] == text[at]),
            Some(wanted) => (1, *wanted == text[at]),
            None => (0, false),
        };
        if fits {
            (at, from) = (at + 1, from + length);
        } else if let Some((after, taken)) = retry {
            (at, from) = (taken + 1, after);
            retry = Some((after, taken + 1));
        } else {
            return false;
        }
    }
    pattern[from..].iter().all(|character| *character == '%')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_like;

    #[test]
    fn patterns_match_as_those_of_like_do() {
        for (text, pattern, wanted) in [
            ("hello", "hello", true),
            ("hello", "%ell%", true),
            ("hello", "%ELL%", false),
            ("hello", "h_llo", true),
            ("hello", "h_lo", false),
            ("aab", "%ab", true),
            ("50%", "50\\%", true),
            ("501", "50\\%", false),
            ("", "%", true),
            ("x", "", false),
        ] {
            assert_eq!(is_like(text, pattern), wanted, "{text} {pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_like_its_part(before: String, part in "[^%_\\\\]*", after: String) {
            let pattern = format!("%{part}%");
            let text = format!("{before}{part}{after}");
            prop_assert!(is_like(&text, &pattern));
        }

        #[test]
        fn any_pattern_is_taken(text: String, pattern: String) {
            is_like(&text, &pattern);
        }
    }
}
