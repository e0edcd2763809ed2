//! Generators: workflows that are submitted when enough arguments have been packed.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};
use crate::wire::Time;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Generator {
    #[serde(rename = "generatorid")]
    pub(crate) id: String,
    #[serde(rename = "initiatorid")]
    pub(crate) initiator_id: String,
    #[serde(rename = "initiatorname")]
    pub(crate) initiator_name: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) name: String,
    /// JSON text of a workflow spec.
    #[serde(rename = "workflowspec")]
    pub(crate) workflow_spec: String,
    pub(crate) trigger: i64,
    /// Seconds.
    pub(crate) timeout: i64,
    #[serde(rename = "firstpack")]
    pub(crate) first_pack: Time,
    #[serde(rename = "lastrun")]
    pub(crate) last_run: Time,
    /// Not stored.
    #[serde(rename = "queuesize")]
    pub(crate) queue_size: i64,
    /// Milliseconds; not stored.
    #[serde(rename = "checkerperiod")]
    pub(crate) checker_period: i64,
}

rows!("generators", Generator {
    id, colony_name, initiator_id, initiator_name, name, workflow_spec, trigger = "trigger_count", timeout,
    first_pack, last_run,
} queue_size: 0, checker_period: 0);

pub(crate) fn get(db: &Connection, id: &str) -> Result<Option<Generator>> {
    one(db, "WHERE id = ?", [id])
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Generator>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
}

pub(crate) fn list(db: &Connection, colony_name: &str, count: i64) -> Result<Vec<Generator>> {
    all(db, "WHERE colony_name = ? ORDER BY rowid LIMIT ?", params![colony_name, count])
}

/// The generators that have arguments.
pub(crate) fn packed(db: &Connection) -> Result<Vec<Generator>> {
    all(
        db,
        "WHERE EXISTS (SELECT 1 FROM packed_arguments WHERE generator_id = generators.id) ORDER BY rowid",
        [],
    )
}

pub(crate) fn set_runs(db: &Connection, generator: &Generator) -> Result<()> {
    db.prepare_cached("UPDATE generators SET first_pack = ?, last_run = ? WHERE id = ?")?
        .execute(params![generator.first_pack, generator.last_run, generator.id])?;
    Ok(())
}

pub(crate) fn pack(db: &Connection, id: &str, argument: &str) -> Result<()> {
    db.prepare_cached("INSERT INTO packed_arguments VALUES (?, ?)")?.execute([id, argument])?;
    Ok(())
}

pub(crate) fn queue_size(db: &Connection, id: &str) -> Result<i64> {
    db.prepare_cached("SELECT count(*) FROM packed_arguments WHERE generator_id = ?")?
        .query_row([id], |row| row.get(0))
}

/// The oldest `count` arguments.
pub(crate) fn arguments(db: &Connection, id: &str, count: i64) -> Result<Vec<String>> {
    db.prepare_cached("SELECT argument FROM packed_arguments WHERE generator_id = ? ORDER BY rowid LIMIT ?")?
        .query_map(params![id, count], |row| row.get(0))?
        .collect()
}

/// Takes the oldest `count` arguments out of the queue.
pub(crate) fn drop_arguments(db: &Connection, id: &str, count: i64) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM packed_arguments WHERE rowid IN
             (SELECT rowid FROM packed_arguments WHERE generator_id = ? ORDER BY rowid LIMIT ?)",
    )?
    .execute(params![id, count])?;
    Ok(())
}

pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM packed_arguments WHERE generator_id = ?")?.execute([id])?;
    db.prepare_cached("DELETE FROM generators WHERE id = ?")?.execute([id])?;
    Ok(())
}
