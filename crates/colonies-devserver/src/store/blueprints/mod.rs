//! Blueprints: desired states of resources. Their definitions and history are in separate files.
//!
//! All three outlive the removal of their colony: a new one of the same name has them again.

pub(crate) mod definitions;
pub(crate) mod history;

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::rows::{Stored, all, insert, one};
use super::{Result, to_json};
use crate::wire::{FreeJson, Time};

/// A JSON object of any content.
pub(crate) type Object = BTreeMap<String, FreeJson>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Blueprint {
    #[serde(rename = "blueprintid")]
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) metadata: Metadata,
    /// None is shown until it is stored, and is empty from then on.
    pub(crate) spec: Option<Object>,
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub(crate) status: Object,
}

/// What blueprints and definitions have in common. All of it is as the client sent it, but for the
/// generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    #[serde(rename = "locationname", skip_serializing_if = "String::is_empty")]
    pub(crate) location_name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
    /// Raised with every change of the spec.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) generation: i64,
    #[serde(rename = "createdAt")]
    pub(crate) created_at: Time,
    #[serde(rename = "updatedAt")]
    pub(crate) updated_at: Time,
    #[serde(rename = "lastReconciliationProcess", skip_serializing_if = "String::is_empty")]
    pub(crate) last_reconciliation_process: String,
    #[serde(rename = "lastReconciliationTime")]
    pub(crate) last_reconciliation_time: Time,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Blueprint {
    /// The spec as it is stored: numbers as floats and keys in order, so that equal specs are equal texts.
    pub(crate) fn spec_json(&self) -> String {
        self.spec.as_ref().map_or_else(|| "{}".to_owned(), to_json)
    }
}

rows!("blueprints", Blueprint { id, kind, metadata as json, spec as object, status as json });

pub(crate) fn add(db: &Connection, blueprint: &Blueprint) -> Result<()> {
    let Metadata { colony_name, name, .. } = &blueprint.metadata;
    let mut values = blueprint.values()?;
    values.extend([colony_name.as_str().into(), name.as_str().into()]);
    insert(db, Blueprint::TABLE, &format!("{}, colony_name, name", Blueprint::COLUMNS), &values, "")
}

/// Writes all of a blueprint but its id, colony and name.
pub(crate) fn update(db: &Connection, blueprint: &Blueprint) -> Result<()> {
    db.prepare_cached("UPDATE blueprints SET kind = ?, metadata = ?, spec = ?, status = ? WHERE id = ?")?
        .execute(params![
            blueprint.kind,
            to_json(&blueprint.metadata),
            blueprint.spec_json(),
            to_json(&blueprint.status),
            blueprint.id
        ])?;
    Ok(())
}

/// Ids are unique in all colonies.
pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<Blueprint>> {
    one(db, "WHERE id = ?", [id])
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Blueprint>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
}

/// The blueprints of a colony, by name.
pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Blueprint>> {
    all(db, "WHERE colony_name = ? ORDER BY name", [colony_name])
}

/// The blueprints of a kind, by name.
pub(crate) fn of_kind(db: &Connection, colony_name: &str, kind: &str) -> Result<Vec<Blueprint>> {
    all(db, "WHERE colony_name = ? AND kind = ? ORDER BY name", [colony_name, kind])
}

pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM blueprints WHERE id = ?")?.execute([id])?;
    Ok(())
}
