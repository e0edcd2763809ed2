//! The data directory: readable by its owner only, as specs, environments and logs of processes are in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

/// The database's file.
const DATABASE: &str = "colonies.db";

/// Files that only directories of this server hold.
const OURS: [&str; 3] = [DATABASE, "index.db", "keys.json"];

/// Makes a directory that only its owner can use, and those above it as usual.
///
/// One that is there keeps its mode if it holds anything but data of this server.
pub(crate) fn make_private(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        if is_ours(directory)? {
            restrict(directory, 0o700);
        }
        return Ok(());
    }
    if let Some(above) = directory.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Makes the database's file before `SQLite` does, which gives its other files the same mode.
pub(super) fn make_database(directory: &Path) -> io::Result<std::path::PathBuf> {
    make_private(directory)?;
    let path = directory.join(DATABASE);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A read-only file is for SQLite to refuse, which says so in better words.
    match options.open(&path) {
        Err(fault) if !path.exists() => return Err(fault),
        _ => {}
    }
    for suffix in ["", "-wal", "-shm"] {
        let file = directory.join(format!("{DATABASE}{suffix}"));
        if file.exists() {
            restrict(&file, 0o600);
        }
    }
    Ok(path)
}

fn is_ours(directory: &Path) -> io::Result<bool> {
    let mut is_empty = true;
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if OURS.iter().any(|ours| name == *ours) {
            return Ok(true);
        }
        is_empty = false;
    }
    Ok(is_empty)
}

/// Where the mode cannot be changed, as on a read-only disk or on another user's file, it stays.
fn restrict(path: &Path, mode: u32) {
    #[cfg(unix)]
    let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// Says what is wrong with a database in one line, without the statement that failed.
pub(crate) fn describe(fault: &rusqlite::Error) -> String {
    match fault {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// Says why the database cannot be opened, and what to do about it.
pub(super) fn explain(fault: &rusqlite::Error) -> String {
    let remedy = match fault.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another server uses it: stop that one, or choose another directory"
        }
        Some(ErrorCode::DiskFull) => "free some space",
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "colonies.db is damaged or of another program: choose another directory, or move that file away"
        }
        _ => "choose a directory that can be written to and that no other server uses",
    };
    format!("{}; {remedy}", describe(fault))
}
