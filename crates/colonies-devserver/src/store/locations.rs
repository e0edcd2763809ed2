//! Locations of a colony.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, optional};
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

fn read(row: &Row<'_>) -> Result<Location> {
    Ok(Location {
        id: row.get(0)?,
        colony_name: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        long: row.get(4)?,
        lat: row.get(5)?,
    })
}

pub(crate) fn add(db: &Connection, location: &Location) -> Result<()> {
    db.prepare_cached("INSERT INTO locations VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
        location.id,
        location.colony_name,
        location.name,
        location.description,
        location.long,
        location.lat
    ])?;
    Ok(())
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Location>> {
    optional(
        db.prepare_cached("SELECT * FROM locations WHERE colony_name = ? AND name = ?")?
            .query_row([colony_name, name], read),
    )
}

pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Location>> {
    db.prepare_cached("SELECT * FROM locations WHERE colony_name = ? ORDER BY rowid")?
        .query_map([colony_name], read)?
        .collect()
}

pub(crate) fn remove(db: &Connection, colony_name: &str, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM locations WHERE colony_name = ? AND name = ?")?
        .execute([colony_name, name])?;
    Ok(())
}
