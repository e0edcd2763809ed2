//! The history of the specs of blueprints. Removing a blueprint keeps its history.

use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Blueprint, Object};
use crate::store::Result;
use crate::store::rows::{self, all};
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

rows!("blueprint_history", Entry {
    id, blueprint_id, kind, colony_name, name, generation, spec as raw, status as json, timestamp = "time",
    changed_by, change_type,
});

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
    let entry = Entry {
        id: by.id.to_owned(),
        blueprint_id: blueprint.id.clone(),
        kind: blueprint.kind.clone(),
        colony_name: blueprint.metadata.colony_name.clone(),
        name: blueprint.metadata.name.clone(),
        generation: blueprint.metadata.generation,
        spec: RawValue::from_string(blueprint.spec_json()).expect("a spec is JSON"),
        status: blueprint.status.clone(),
        timestamp: by.now,
        changed_by: by.caller.to_owned(),
        change_type: by.change_type.to_owned(),
    };
    rows::add(db, &entry)
}

/// The last changes, the newest first; all of them where the limit is below zero.
pub(crate) fn list(db: &Connection, blueprint_id: &str, limit: i64) -> Result<Vec<Entry>> {
    all(db, "WHERE blueprint_id = ? ORDER BY rowid DESC LIMIT ?", params![blueprint_id, limit])
}
