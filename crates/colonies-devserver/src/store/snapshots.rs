//! Snapshots: the newest version of each file of a label at one time.

use rusqlite::Connection;
use serde::Serialize;

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};
use crate::wire::Time;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Snapshot {
    #[serde(rename = "snapshotid")]
    pub(crate) id: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) label: String,
    pub(crate) name: String,
    /// `None` if there was nothing to freeze.
    #[serde(rename = "fileids")]
    pub(crate) file_ids: Option<Vec<String>>,
    pub(crate) added: Time,
}

rows!("snapshots", Snapshot { id, colony_name, label, name, file_ids as json, added });

pub(crate) fn by_id(db: &Connection, colony_name: &str, id: &str) -> Result<Option<Snapshot>> {
    one(db, "WHERE id = ? AND colony_name = ?", [id, colony_name])
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Snapshot>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
}

/// The snapshots of a colony, the newest first.
pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Snapshot>> {
    all(db, "WHERE colony_name = ? ORDER BY rowid DESC", [colony_name])
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
