//! Which spec a blueprint had, and when. The removal of a blueprint leaves its history.

use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Blueprint, Object};
use crate::store::{Result, from_json, raw_json, to_json};
use crate::wire::Time;

pub(crate) const CREATE: &str = "create";
pub(crate) const UPDATE: &str = "update";

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(rename = "historyid")]
    id: String,
    #[serde(rename = "blueprintid")]
    blueprint_id: String,
    kind: String,
    #[serde(rename = "namespace")]
    colony_name: String,
    name: String,
    generation: i64,
    spec: Box<RawValue>,
    #[serde(skip_serializing_if = "Object::is_empty")]
    status: Object,
    timestamp: Time,
    #[serde(rename = "changedby")]
    changed_by: String,
    #[serde(rename = "changetype")]
    change_type: String,
}

/// Who changed a blueprint, how and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By<'a> {
    /// Identity of the entry.
    pub(crate) id: &'a str,
    pub(crate) caller: &'a str,
    pub(crate) change_type: &'static str,
    pub(crate) now: Time,
}

/// Notes what a blueprint has become.
pub(crate) fn add(db: &Connection, blueprint: &Blueprint, by: By<'_>) -> Result<()> {
    db.prepare_cached("INSERT INTO blueprint_history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            by.id,
            blueprint.id,
            blueprint.kind,
            blueprint.metadata.colony_name,
            blueprint.metadata.name,
            blueprint.metadata.generation,
            blueprint.spec_json(),
            to_json(&blueprint.status),
            by.now,
            by.caller,
            by.change_type
        ],
    )?;
    Ok(())
}

/// The last changes, the newest first; all of them where the limit is below zero.
pub(crate) fn list(db: &Connection, blueprint_id: &str, limit: i64) -> Result<Vec<Entry>> {
    db.prepare_cached("SELECT * FROM blueprint_history WHERE blueprint_id = ? ORDER BY rowid DESC LIMIT ?")?
        .query_map(params![blueprint_id, limit], |row| {
            Ok(Entry {
                id: row.get(0)?,
                blueprint_id: row.get(1)?,
                kind: row.get(2)?,
                colony_name: row.get(3)?,
                name: row.get(4)?,
                generation: row.get(5)?,
                spec: raw_json(6, row.get(6)?)?,
                status: from_json(7, row.get_ref(7)?.as_str()?)?,
                timestamp: row.get(8)?,
                changed_by: row.get(9)?,
                change_type: row.get(10)?,
            })
        })?
        .collect()
}
