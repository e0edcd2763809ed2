//! Attributes of processes.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

pub(crate) use super::rows::add;
use super::rows::{all, one};
use super::{Result, State};

/// The type of attributes that come from, and are shown in, the environment of a function spec.
pub(crate) const ENV: i64 = 3;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Attribute {
    #[serde(rename = "attributeid")]
    pub(crate) id: String,
    #[serde(rename = "targetid")]
    pub(crate) target_id: String,
    #[serde(rename = "targetcolonyname")]
    pub(crate) target_colony_name: String,
    #[serde(rename = "targetprocessgraphid")]
    pub(crate) target_graph_id: String,
    /// Any number that a client sends, until the process changes its state.
    pub(crate) state: i64,
    #[serde(rename = "attributetype")]
    pub(crate) kind: i64,
    pub(crate) key: String,
    pub(crate) value: String,
}

rows!("attributes", Attribute {
    id, target_id, target_colony_name, target_graph_id, state, kind = "type", key, value,
});

pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<Attribute>> {
    one(db, "WHERE id = ?", [id])
}

pub(crate) fn of_process(db: &Connection, process_id: &str) -> Result<Vec<Attribute>> {
    all(db, "WHERE target_id = ? ORDER BY rowid", [process_id])
}

pub(crate) fn set_state(db: &Connection, process_id: &str, state: State) -> Result<()> {
    db.prepare_cached("UPDATE attributes SET state = ? WHERE target_id = ?")?
        .execute(params![state, process_id])?;
    Ok(())
}

pub(crate) fn remove_of_process(db: &Connection, process_id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM attributes WHERE target_id = ?")?.execute([process_id])?;
    Ok(())
}

/// Removes all attributes of a colony's processes.
pub(crate) fn remove_of_colony(db: &Connection, colony_name: &str) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM attributes WHERE target_id IN (SELECT id FROM processes WHERE colony_name = ?)",
    )?
    .execute([colony_name])?;
    Ok(())
}
