//! Users of a colony.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, optional};

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

fn read(row: &Row<'_>) -> Result<User> {
    Ok(User {
        colony_name: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        phone: row.get(4)?,
    })
}

pub(crate) fn add(db: &Connection, user: &User) -> Result<()> {
    db.prepare_cached("INSERT INTO users VALUES (?, ?, ?, ?, ?)")?.execute(params![
        user.colony_name,
        user.id,
        user.name,
        user.email,
        user.phone
    ])?;
    Ok(())
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<User>> {
    optional(
        db.prepare_cached("SELECT * FROM users WHERE colony_name = ? AND name = ?")?
            .query_row([colony_name, name], read),
    )
}

/// The first user with this id; ids need not be unique.
pub(crate) fn by_id(db: &Connection, colony_name: &str, id: &str) -> Result<Option<User>> {
    optional(
        db.prepare_cached("SELECT * FROM users WHERE colony_name = ? AND id = ? ORDER BY rowid LIMIT 1")?
            .query_row([colony_name, id], read),
    )
}

pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<User>> {
    db.prepare_cached("SELECT * FROM users WHERE colony_name = ? ORDER BY rowid")?
        .query_map([colony_name], read)?
        .collect()
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
