//! Snapshots: which version of each file was the newest under a label at one moment.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{Result, from_json, optional, to_json};
use crate::wire::Time;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Snapshot {
    #[serde(rename = "snapshotid")]
    pub(crate) id: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) label: String,
    pub(crate) name: String,
    /// None where there was nothing to freeze.
    #[serde(rename = "fileids")]
    pub(crate) file_ids: Option<Vec<String>>,
    pub(crate) added: Time,
}

fn read(row: &Row<'_>) -> Result<Snapshot> {
    Ok(Snapshot {
        id: row.get(0)?,
        colony_name: row.get(1)?,
        label: row.get(2)?,
        name: row.get(3)?,
        file_ids: from_json(4, row.get_ref(4)?.as_str()?)?,
        added: row.get(5)?,
    })
}

pub(crate) fn add(db: &Connection, snapshot: &Snapshot) -> Result<()> {
    db.prepare_cached("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
        snapshot.id,
        snapshot.colony_name,
        snapshot.label,
        snapshot.name,
        to_json(&snapshot.file_ids),
        snapshot.added
    ])?;
    Ok(())
}

pub(crate) fn by_id(db: &Connection, colony_name: &str, id: &str) -> Result<Option<Snapshot>> {
    optional(
        db.prepare_cached("SELECT * FROM snapshots WHERE id = ? AND colony_name = ?")?
            .query_row([id, colony_name], read),
    )
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Snapshot>> {
    optional(
        db.prepare_cached("SELECT * FROM snapshots WHERE colony_name = ? AND name = ?")?
            .query_row([colony_name, name], read),
    )
}

/// The snapshots of a colony, the newest first.
pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Snapshot>> {
    db.prepare_cached("SELECT * FROM snapshots WHERE colony_name = ? ORDER BY rowid DESC")?
        .query_map([colony_name], read)?
        .collect()
}

pub(crate) fn remove(db: &Connection, colony_name: &str, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM snapshots WHERE id = ? AND colony_name = ?")?
        .execute([id, colony_name])?;
    Ok(())
}

pub(crate) fn remove_by_name(db: &Connection, colony_name: &str, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM snapshots WHERE colony_name = ? AND name = ?")?
        .execute([colony_name, name])?;
    Ok(())
}

pub(crate) fn remove_all(db: &Connection, colony_name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM snapshots WHERE colony_name = ?")?.execute([colony_name])?;
    Ok(())
}
