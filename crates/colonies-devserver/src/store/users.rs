//! Users of a colony.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    #[serde(rename = "userid")]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
}

rows!("users", User { colony_name, id, name, email, phone });

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<User>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
}

/// The first user with this id; ids need not be unique.
pub(crate) fn by_id(db: &Connection, colony_name: &str, id: &str) -> Result<Option<User>> {
    one(db, "WHERE colony_name = ? AND id = ? ORDER BY rowid LIMIT 1", [colony_name, id])
}

pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<User>> {
    all(db, "WHERE colony_name = ? ORDER BY rowid", [colony_name])
}

pub(crate) fn remove(db: &Connection, colony_name: &str, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM users WHERE colony_name = ? AND name = ?")?
        .execute([colony_name, name])?;
    Ok(())
}

pub(crate) fn set_id(db: &Connection, colony_name: &str, name: &str, id: &str) -> Result<()> {
    db.prepare_cached("UPDATE users SET id = ? WHERE colony_name = ? AND name = ?")?.execute([
        id,
        colony_name,
        name,
    ])?;
    Ok(())
}
