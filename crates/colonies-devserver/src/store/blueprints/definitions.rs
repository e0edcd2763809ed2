//! Definitions of blueprints: the schema of a kind, and its handler.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Metadata, is_zero};
use crate::store::rows::{all, one};
use crate::store::{Result, to_json};
use crate::wire::FreeJson;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Definition {
    #[serde(rename = "blueprintdefinitionid")]
    pub(crate) id: String,
    /// Free text; the definition is in the names.
    kind: String,
    pub(crate) metadata: Metadata,
    pub(crate) spec: DefinitionSpec,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DefinitionSpec {
    group: String,
    version: String,
    pub(crate) names: Names,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<Schema>,
    pub(crate) handler: Handler,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Names {
    pub(crate) kind: String,
    #[serde(rename = "listKind")]
    list_kind: String,
    singular: String,
    plural: String,
    #[serde(rename = "shortNames", skip_serializing_if = "Vec::is_empty")]
    short: Vec<String>,
}

/// What the spec of a blueprint has to look like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Schema {
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) properties: BTreeMap<String, Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) required: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Property {
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<FreeJson>,
    /// Kept, and never filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<FreeJson>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) properties: BTreeMap<String, Property>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<Box<Property>>,
}

/// Who reconciles blueprints of the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Handler {
    #[serde(rename = "executorType")]
    pub(crate) executor_type: String,
    #[serde(rename = "functionName")]
    pub(crate) func_name: String,
    /// Kept, and of no effect.
    #[serde(rename = "reconcileInterval", skip_serializing_if = "is_zero")]
    reconcile_interval: i64,
}

/// A definition as it is stored; the other columns are for queries.
struct StoredDefinition {
    definition: Definition,
}

rows!("blueprint_definitions", StoredDefinition { definition as json });

pub(crate) fn add(db: &Connection, definition: &Definition) -> Result<()> {
    db.prepare_cached("INSERT INTO blueprint_definitions VALUES (?, ?, ?, ?, ?)")?.execute([
        &definition.id,
        &definition.metadata.colony_name,
        &definition.metadata.name,
        &definition.spec.names.kind,
        &to_json(definition),
    ])?;
    Ok(())
}

/// True where a definition, of whatever colony, has this id.
pub(crate) fn has_id(db: &Connection, id: &str) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM blueprint_definitions WHERE id = ?")?.exists([id])
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Definition>> {
    Ok(one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])?
        .map(|found: StoredDefinition| found.definition))
}

/// The definition of a kind; where there are several, the first by name.
pub(crate) fn of_kind(db: &Connection, colony_name: &str, kind: &str) -> Result<Option<Definition>> {
    Ok(one(db, "WHERE colony_name = ? AND kind = ? ORDER BY name LIMIT 1", [colony_name, kind])?
        .map(|found: StoredDefinition| found.definition))
}

/// The definitions of a colony, by name.
pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Definition>> {
    Ok(all(db, "WHERE colony_name = ? ORDER BY name", [colony_name])?
        .into_iter()
        .map(|found: StoredDefinition| found.definition)
        .collect())
}

pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM blueprint_definitions WHERE id = ?")?.execute([id])?;
    Ok(())
}
