//! Lists and counts.

use rusqlite::{Connection, params};

use super::{Process, found};
use crate::store::{Result, State};
use crate::wire::Time;

/// Which processes of a colony and state a listing shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filter<'a> {
    All,
    ExecutorType(&'a str),
    Initiator(&'a str),
    Label(&'a str),
}

/// The first processes of a state: the waiting as they are next, the running by start, the others by end,
/// newest first.
pub(crate) fn list(
    db: &Connection,
    colony_name: &str,
    state: State,
    filter: Filter<'_>,
    count: i64,
) -> Result<Vec<Process>> {
    let order = match state {
        State::Waiting => "state = 0 ORDER BY priority_time, rowid",
        State::Running => "state = 1 ORDER BY start_time, rowid",
        State::Successful => "state = 2 AND state > 1 ORDER BY end_time DESC, rowid DESC",
        State::Failed => "state = 3 AND state > 1 ORDER BY end_time DESC, rowid DESC",
        State::Cancelled => "state = 4 AND state > 1 ORDER BY end_time DESC, rowid DESC",
    };
    let (column, value) = match filter {
        Filter::All => ("?2", ""),
        Filter::ExecutorType(kind) => ("executor_type", kind),
        Filter::Initiator(name) => ("initiator_name", name),
        Filter::Label(label) => ("label", label),
    };
    found(
        db,
        &format!("WHERE colony_name = ?1 AND {column} = ?2 AND {order} LIMIT ?3"),
        params![colony_name, value, count],
    )
}

/// Processes in a state that were submitted after `since`, oldest first; of one executor, or of all.
pub(crate) fn history(
    db: &Connection,
    colony_name: &str,
    executor_id: Option<&str>,
    state: State,
    since: Time,
) -> Result<Vec<Process>> {
    found(
        db,
        "WHERE colony_name = ?1 AND state = ?2 AND submission_time > ?3
             AND (?4 IS NULL OR assigned_executor_id = ?4)
         ORDER BY submission_time, rowid",
        params![colony_name, state, since, executor_id],
    )
}

/// How many processes of a colony, or of all, are in each of the five states.
pub(crate) fn counts(db: &Connection, colony_name: Option<&str>) -> Result<[i64; 5]> {
    let mut counts = [0; 5];
    let mut statement = db.prepare_cached(
        "SELECT state, count(*) FROM processes WHERE ?1 IS NULL OR colony_name = ?1 GROUP BY state",
    )?;
    let mut rows = statement.query([colony_name])?;
    while let Some(row) = rows.next()? {
        if let Some(count) = counts.get_mut(usize::from(row.get::<_, u8>(0)?)) {
            *count = row.get(1)?;
        }
    }
    Ok(counts)
}
