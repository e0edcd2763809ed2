//! Attributes of processes.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, State, optional};

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

fn read(row: &Row<'_>) -> Result<Attribute> {
    Ok(Attribute {
        id: row.get(0)?,
        target_id: row.get(1)?,
        target_colony_name: row.get(2)?,
        target_graph_id: row.get(3)?,
        state: row.get(4)?,
        kind: row.get(5)?,
        key: row.get(6)?,
        value: row.get(7)?,
    })
}

pub(crate) fn add(db: &Connection, attribute: &Attribute) -> Result<()> {
    db.prepare_cached("INSERT INTO attributes VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        attribute.id,
        attribute.target_id,
        attribute.target_colony_name,
        attribute.target_graph_id,
        attribute.state,
        attribute.kind,
        attribute.key,
        attribute.value,
    ])?;
    Ok(())
}

pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<Attribute>> {
    optional(db.prepare_cached("SELECT * FROM attributes WHERE id = ?")?.query_row([id], read))
}

pub(crate) fn of_process(db: &Connection, process_id: &str) -> Result<Vec<Attribute>> {
    db.prepare_cached("SELECT * FROM attributes WHERE target_id = ? ORDER BY rowid")?
        .query_map([process_id], read)?
        .collect()
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
