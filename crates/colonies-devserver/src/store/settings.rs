//! Settings that messages can change.

use rusqlite::Connection;

use super::{Result, optional};

const SERVER_ID: &str = "server id";

pub(crate) fn server_id(db: &Connection) -> Result<Option<String>> {
    optional(
        db.prepare_cached("SELECT value FROM settings WHERE name = ?")?
            .query_row([SERVER_ID], |row| row.get(0)),
    )
}

pub(crate) fn set_server_id(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO settings VALUES (?, ?)")?.execute([SERVER_ID, id])?;
    Ok(())
}
