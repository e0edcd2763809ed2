//! Colonies, their removal with everything in them, and pauses.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Colony {
    #[serde(rename = "colonyid")]
    pub(crate) id: String,
    pub(crate) name: String,
}

rows!("colonies", Colony { name, id });

pub(crate) fn by_name(db: &Connection, name: &str) -> Result<Option<Colony>> {
    one(db, "WHERE name = ?", [name])
}

/// The first colony with this id; ids need not be unique.
pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<Colony>> {
    one(db, "WHERE id = ? ORDER BY rowid LIMIT 1", [id])
}

pub(crate) fn list(db: &Connection) -> Result<Vec<Colony>> {
    all(db, "ORDER BY rowid", [])
}

pub(crate) fn count(db: &Connection) -> Result<i64> {
    db.prepare_cached("SELECT count(*) FROM colonies")?.query_row([], |row| row.get(0))
}

pub(crate) fn set_id(db: &Connection, name: &str, id: &str) -> Result<()> {
    db.prepare_cached("UPDATE colonies SET id = ? WHERE name = ?")?.execute([id, name])?;
    Ok(())
}

/// Removes a colony and all that belongs to it. Its pause stays.
pub(crate) fn remove(db: &Connection, name: &str) -> Result<()> {
    for statement in [
        "DELETE FROM packed_arguments
         WHERE generator_id IN (SELECT id FROM generators WHERE colony_name = ?1)",
        "DELETE FROM attributes WHERE target_id IN (SELECT id FROM processes WHERE colony_name = ?1)",
        "DELETE FROM generators WHERE colony_name = ?1",
        "DELETE FROM crons WHERE colony_name = ?1",
        "DELETE FROM snapshots WHERE colony_name = ?1",
        "DELETE FROM files WHERE colony_name = ?1",
        "DELETE FROM logs WHERE colony_name = ?1",
        "DELETE FROM graphs WHERE colony_name = ?1",
        "DELETE FROM processes WHERE colony_name = ?1",
        "DELETE FROM locations WHERE colony_name = ?1",
        "DELETE FROM functions WHERE colony_name = ?1",
        "DELETE FROM executors WHERE colony_name = ?1",
        "DELETE FROM users WHERE colony_name = ?1",
        "DELETE FROM colonies WHERE name = ?1",
    ] {
        db.prepare_cached(statement)?.execute([name])?;
    }
    Ok(())
}

pub(crate) fn pause(db: &Connection, name: &str) -> Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO pauses VALUES (?)")?.execute([name])?;
    Ok(())
}

pub(crate) fn resume(db: &Connection, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM pauses WHERE colony_name = ?")?.execute([name])?;
    Ok(())
}

pub(crate) fn is_paused(db: &Connection, name: &str) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM pauses WHERE colony_name = ?")?.exists([name])
}
