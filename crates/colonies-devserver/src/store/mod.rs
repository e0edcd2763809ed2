//! The state of the server: typed rows in `SQLite`, in memory or in one file. It contains no rules.
//!
//! A file a subject. Rows that are sent as they are carry their wire names in serde attributes.

#[macro_use]
mod rows;

pub(crate) mod attributes;
pub(crate) mod blueprints;
pub(crate) mod channels;
pub(crate) mod colonies;
pub(crate) mod crons;
mod directory;
pub(crate) mod executors;
pub(crate) mod files;
pub(crate) mod functions;
pub(crate) mod generators;
pub(crate) mod graphs;
mod like;
pub(crate) mod locations;
pub(crate) mod logs;
pub(crate) mod processes;
pub(crate) mod settings;
pub(crate) mod snapshots;
mod state;
pub(crate) mod users;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde::Serialize;

use directory::explain;
pub(crate) use directory::{describe, make_private};
pub(crate) use state::State;

pub(crate) type Result<T> = rusqlite::Result<T>;

/// Raised where the tables change; a file of another version is not opened.
const VERSION: i64 = 2;

/// Opens the store: a database in memory, or the file `colonies.db` in a directory, which is made.
pub(crate) fn open(directory: Option<&Path>) -> std::result::Result<Connection, String> {
    let db = match directory {
        None => Connection::open_in_memory(),
        Some(directory) => {
            let file = directory::make_database(directory)
                .map_err(|fault| format!("{fault}; choose a directory that can be written to"))?;
            Connection::open(file)
        }
    }
    .map_err(|fault| explain(&fault))?;
    if is_foreign(&db).map_err(|fault| explain(&fault))? {
        return Err("colonies.db is a database of another program; choose another directory".to_owned());
    }
    prepare(&db).map_err(|fault| explain(&fault))?;
    match version(&db).map_err(|fault| explain(&fault))? {
        VERSION => {
            channels::prepare(&db).map_err(|fault| explain(&fault))?;
            Ok(db)
        }
        other => Err(format!(
            "its database has version {other}, this server reads version {VERSION}; choose another directory"
        )),
    }
}

/// True for a database with tables that no version of this server has made.
fn is_foreign(db: &Connection) -> Result<bool> {
    db.busy_timeout(BUSY)?;
    // Before anything is read: otherwise the log needs a file of shared memory, for which a full disk has no room.
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables > 0 && version(db)? == 0)
}

/// Long enough for a server that is about to stop; another one that runs is reported at once.
const BUSY: Duration = Duration::from_millis(250);

fn prepare(db: &Connection) -> Result<()> {
    db.set_prepared_statement_cache_capacity(256);
    // Plans hold for all values: otherwise statements are planned anew for each value that is bound, which
    // takes a third of a call. Queries that want a partial index therefore say its condition literally.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.busy_timeout(BUSY)?;
    // With a write-ahead log, what is committed outlives the process; only a crash of the machine may
    // take the last moments. One server a directory: the lock is held as long as it is open.
    db.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         PRAGMA temp_store = MEMORY;",
    )?;
    if version(db)? == 0 {
        db.execute_batch(&format!(
            "BEGIN IMMEDIATE; {} PRAGMA user_version = {VERSION}; COMMIT;",
            include_str!("schema.sql")
        ))?;
    }
    Ok(())
}

fn version(db: &Connection) -> Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// `None` for a row that is not there.
fn optional<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        found => found.map(Some),
    }
}

/// What is stored as JSON text.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("rows hold strings, numbers and lists of them")
}
