use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::get::Expected;
use crate::run::Run;
use crate::storage::{Storage, Stored};

/// How all files begin that are not complete yet.
const PREFIX: &str = ".colonies-";
const SUFFIX: &str = ".part";

impl Storage {
    /// Fetches an object into a file, which appears under its name at once and complete, or not at all. A file
    /// of that name is replaced, a symbolic link is not followed.
    ///
    /// # Errors
    /// [`Error::Mismatch`] where it is not what was expected; all others but [`Error::Changed`].
    pub fn get_file(
        &self,
        key: &str,
        path: &Path,
        expected: &Expected,
        run: &Run<'_>,
    ) -> Result<Stored, Error> {
        let refuse = Error::local("write", path);
        let mut temporary = Temporary::beside(path).map_err(&refuse)?;
        let stored =
            self.stream(key, expected, run, &mut |piece| temporary.file.write_all(piece).map_err(&refuse))?;
        temporary.take_place_of(path).map_err(&refuse)?;
        Ok(stored)
    }
}

/// A file that is removed unless it takes the place of another.
struct Temporary {
    path: PathBuf,
    file: File,
    is_placed: bool,
}

impl Temporary {
    fn beside(target: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        if target.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
        }
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = target.with_file_name(format!("{PREFIX}{:x}-{number:x}{SUFFIX}", process::id()));
            // Neither a file nor a link of that name is touched.
            match OpenOptions::new().write(true).read(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file, is_placed: false }),
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    fn take_place_of(mut self, target: &Path) -> io::Result<()> {
        // Who may run and read a file stays as it is.
        if let Ok(old) = fs::symlink_metadata(target)
            && old.is_file()
        {
            self.file.set_permissions(old.permissions())?;
        }
        // Without this a power failure could leave an empty file under the name.
        self.file.sync_data()?;
        fs::rename(&self.path, target)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_placed {
            // It may be gone already, and there is nobody to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}
