//! The data directory. It is readable by its owner only, as it holds specs, environments and logs.

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
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix has modes"))]
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

/// Describes an error of the database in one line, without the failed statement.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use rusqlite::Connection;

    use crate::store::open;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("colonies-devserver-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_database_is_opened_without_shared_memory() {
        let folder = Folder::new("opened");
        let first = open(Some(&folder.0)).unwrap();
        first.execute("INSERT INTO colonies VALUES ('id', 'name')", []).unwrap();
        // As a killed server leaves it: with a log.
        let killed = Folder::new("killed");
        std::fs::create_dir(&killed.0).unwrap();
        for name in folder.names() {
            std::fs::copy(folder.0.join(&name), killed.0.join(&name)).unwrap();
        }
        let _again = open(Some(&killed.0)).unwrap();
        assert_eq!(killed.names(), ["colonies.db", "colonies.db-wal"]);
    }

    #[test]
    fn databases_of_others_are_refused_in_one_line_and_left_alone() {
        let folder = Folder::new("foreign");
        std::fs::create_dir(&folder.0).unwrap();
        let file = folder.0.join("colonies.db");
        Connection::open(&file).unwrap().execute_batch("CREATE TABLE processes (a)").unwrap();
        let before = std::fs::read(&file).unwrap();
        let reason = open(Some(&folder.0)).unwrap_err();
        assert!(reason.contains("another program") && !reason.contains('\n'), "{reason}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
        std::fs::write(&file, "not a database at all, but long enough to be read as one").unwrap();
        let reason = open(Some(&folder.0)).unwrap_err();
        assert!(reason.contains("not a database") && !reason.contains('\n'), "{reason}");
    }

    #[cfg(unix)]
    #[test]
    fn a_data_directory_is_its_owners_alone_unless_it_holds_other_things() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let (new, empty, shared) = (Folder::new("new"), Folder::new("empty"), Folder::new("shared"));
        for folder in [&empty, &shared] {
            std::fs::create_dir(&folder.0).unwrap();
            std::fs::set_permissions(&folder.0, PermissionsExt::from_mode(0o755)).unwrap();
        }
        std::fs::write(shared.0.join("other"), "").unwrap();
        for (folder, wanted) in [(&new, 0o700), (&empty, 0o700), (&shared, 0o755)] {
            let _db = open(Some(&folder.0)).unwrap();
            assert_eq!(mode(&folder.0), wanted);
            for name in ["colonies.db", "colonies.db-wal"] {
                assert_eq!(mode(&folder.0.join(name)), 0o600, "{name}");
            }
        }
    }
}
