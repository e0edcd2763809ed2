//! Process graphs: submitted workflows. Their processes are stored separately.

use rusqlite::{Connection, params};

pub(crate) use super::rows::add;
use super::rows::{all, one};
use super::{Result, State};
use crate::wire::Time;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) id: String,
    pub(crate) colony_name: String,
    pub(crate) initiator_id: String,
    pub(crate) initiator_name: String,
    pub(crate) roots: Vec<String>,
    pub(crate) state: State,
    pub(crate) submission_time: Time,
    pub(crate) start_time: Time,
    pub(crate) end_time: Time,
}

rows!("graphs", Graph {
    id, colony_name, initiator_id, initiator_name, roots as json, state, submission_time, start_time, end_time,
});

pub(crate) fn get(db: &Connection, id: &str) -> Result<Option<Graph>> {
    one(db, "WHERE id = ?", [id])
}

/// Writes what can change in a graph.
pub(crate) fn update(db: &Connection, graph: &Graph) -> Result<()> {
    db.prepare_cached("UPDATE graphs SET state = ?, start_time = ?, end_time = ? WHERE id = ?")?
        .execute(params![graph.state, graph.start_time, graph.end_time, graph.id])?;
    Ok(())
}

/// The newest graphs of a state.
pub(crate) fn list(db: &Connection, colony_name: &str, state: State, count: i64) -> Result<Vec<Graph>> {
    all(
        db,
        "WHERE colony_name = ? AND state = ?
         ORDER BY submission_time DESC, rowid DESC LIMIT ?",
        params![colony_name, state, count],
    )
}

pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM graphs WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// Removes the graphs of a colony in one state, or in all states. Their processes are not removed.
pub(crate) fn remove_all(db: &Connection, colony_name: &str, state: Option<State>) -> Result<()> {
    db.prepare_cached("DELETE FROM graphs WHERE colony_name = ?1 AND (?2 IS NULL OR state = ?2)")?
        .execute(params![colony_name, state])?;
    Ok(())
}

/// How many graphs of a colony are in each of the five states.
pub(crate) fn counts(db: &Connection, colony_name: Option<&str>) -> Result<[i64; 5]> {
    let mut counts = [0; 5];
    let mut statement = db.prepare_cached(
        "SELECT state, count(*) FROM graphs WHERE ?1 IS NULL OR colony_name = ?1 GROUP BY state",
    )?;
    let mut rows = statement.query([colony_name])?;
    while let Some(row) = rows.next()? {
        if let Some(count) = counts.get_mut(usize::from(row.get::<_, u8>(0)?)) {
            *count = row.get(1)?;
        }
    }
    Ok(counts)
}
