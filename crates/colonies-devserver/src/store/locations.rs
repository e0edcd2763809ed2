//! Locations of a colony.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};
use crate::wire::float;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Location {
    #[serde(rename = "locationid")]
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) description: String,
    #[serde(serialize_with = "float")]
    pub(crate) long: f64,
    #[serde(serialize_with = "float")]
    pub(crate) lat: f64,
}

rows!("locations", Location { id, colony_name, name, description, long, lat });

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Location>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
}

pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Location>> {
    all(db, "WHERE colony_name = ? ORDER BY rowid", [colony_name])
}

pub(crate) fn remove(db: &Connection, colony_name: &str, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM locations WHERE colony_name = ? AND name = ?")?
        .execute([colony_name, name])?;
    Ok(())
}
