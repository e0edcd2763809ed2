//! Queries for waiting processes, assignable processes, and passed deadlines.

use rusqlite::Connection;

use super::{Process, found};
use crate::store::Result;
use crate::store::rows::{Stored, one};
use crate::wire::Time;

/// The requirements of a process apart from colony and executor type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirements {
    /// False if it requires more than any executor can have.
    pub(crate) assignable: bool,
    /// Empty for any executor of the type.
    pub(crate) executor_names: Vec<String>,
    /// In lower case; empty for any location.
    pub(crate) location: String,
    /// Milli-CPUs.
    pub(crate) cpu: i64,
    /// Bytes.
    pub(crate) mem: i64,
}

rows!("processes", Requirements { assignable, executor_names as json, location, cpu, mem });

/// The requirements of a waiting process whose parents have ended.
pub(crate) fn requirements(db: &Connection, id: &str) -> Result<Option<Requirements>> {
    one(db, "WHERE id = ? AND state = 0 AND wait_for_parents = 0", [id])
}

/// The fields of a requesting executor that the index uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) colony_name: &'a str,
    pub(crate) executor_type: &'a str,
    pub(crate) executor_name: &'a str,
    /// In lower case.
    pub(crate) location: &'a str,
}

/// What stands in `only_for` for any executor, and for one of several.
const ANY: &str = "";
const SEVERAL: &str = "*";

/// The first process of the queue of a candidate whose requirements are met.
pub(crate) fn next_ready(
    db: &Connection,
    candidate: Candidate<'_>,
    met: impl Fn(&Requirements) -> bool,
) -> Result<Option<String>> {
    let Candidate { colony_name, executor_type, executor_name, location } = candidate;
    let mut statement = db.prepare_cached(&format!(
        "SELECT priority_time, rowid, id, {} FROM processes
         WHERE colony_name = ? AND executor_type = ? AND only_for = ? AND location = ?
             AND state = 0 AND wait_for_parents = 0 AND assignable = 1
         ORDER BY priority_time, rowid",
        Requirements::COLUMNS
    ))?;
    let anywhere_and_here = if location.is_empty() { vec![""] } else { vec!["", location] };
    let mut first: Option<((i64, i64), String)> = None;
    for only_for in [ANY, executor_name, SEVERAL] {
        for location in &anywhere_and_here {
            let mut rows = statement.query([colony_name, executor_type, only_for, location])?;
            while let Some(row) = rows.next()? {
                let place = (row.get(0)?, row.get(1)?);
                if first.as_ref().is_some_and(|(other, _)| *other <= place) {
                    break;
                }
                if met(&Requirements::read(row, &mut (3..))?) {
                    first = Some((place, row.get(2)?));
                    break;
                }
            }
        }
    }
    Ok(first.map(|(_, id)| id))
}

const WAITING_FOR_LONG: &str = "state = 0 AND max_wait_time NOT IN (0, -1)";
const RUNNING_FOR_LONG: &str = "state = 1 AND max_exec_time <> -1";

/// Waiting processes whose deadline lies before `before`, the earliest deadline first.
pub(crate) fn late_waiting(db: &Connection, before: Time) -> Result<Vec<Process>> {
    late(db, before, "wait_deadline", WAITING_FOR_LONG)
}

/// Running processes whose deadline lies before `before`, the earliest deadline first.
pub(crate) fn late_running(db: &Connection, before: Time) -> Result<Vec<Process>> {
    late(db, before, "exec_deadline", RUNNING_FOR_LONG)
}

fn late(db: &Connection, before: Time, deadline: &str, which: &str) -> Result<Vec<Process>> {
    found(db, &format!("WHERE {deadline} < ? AND {which} ORDER BY {deadline}, rowid"), [before])
}

pub(crate) fn first_wait_deadline(db: &Connection) -> Result<Option<Time>> {
    db.prepare_cached(&format!("SELECT min(wait_deadline) FROM processes WHERE {WAITING_FOR_LONG}"))?
        .query_row([], |row| row.get(0))
}

pub(crate) fn first_exec_deadline(db: &Connection) -> Result<Option<Time>> {
    db.prepare_cached(&format!("SELECT min(exec_deadline) FROM processes WHERE {RUNNING_FOR_LONG}"))?
        .query_row([], |row| row.get(0))
}
