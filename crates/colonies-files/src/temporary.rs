//! Temporary files that replace their target when they are complete.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::folder::Folder;

/// How the names of all files begin that are not complete yet.
const PREFIX: &str = ".colonies-";
const SUFFIX: &str = ".part";

/// A file beside another, which it replaces once it is complete. It is removed unless it does, or is kept.
///
/// It is locked while it is written, so others can tell it from one that a killed process has left.
pub(crate) struct Temporary {
    folder: Arc<Folder>,
    name: PathBuf,
    pub(crate) file: File,
    is_to_stay: bool,
}

impl Temporary {
    /// Creates a file. Existing files and links are left unchanged.
    pub(crate) fn new(folder: &Arc<Folder>) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = part(&format!("{:x}-{number:x}", process::id()));
            let file = match folder.create(&name) {
                Ok(file) => file,
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(fault) => return Err(fault),
            };
            if is_held(folder, &file, &name) {
                return Ok(Self { folder: Arc::clone(folder), name, file, is_to_stay: false });
            }
        }
    }

    /// The file that an earlier attempt may have left for the same content, which `mark` stands for; a new one
    /// while another process writes it.
    pub(crate) fn resumed(folder: &Arc<Folder>, mark: &str) -> io::Result<Self> {
        let name = part(mark);
        let Ok(file) = folder.open_or_create(&name) else { return Self::new(folder) };
        // The process that had it before may have put it in place just now: then its name is no longer this one.
        if file.metadata()?.is_file() && is_held(folder, &file, &name) {
            Ok(Self { folder: Arc::clone(folder), name, file, is_to_stay: false })
        } else {
            Self::new(folder)
        }
    }

    /// Leaves the file for a later attempt.
    pub(crate) fn keep(mut self) {
        self.is_to_stay = true;
    }

    /// Renames the file to its final name in the same directory.
    pub(crate) fn replace(mut self, name: &Path) -> io::Result<()> {
        // Who may run and read a file stays as it is.
        if let Some(permissions) = self.folder.permissions(name) {
            self.file.set_permissions(permissions)?;
        }
        // Without this a power failure could leave an empty file under the name.
        self.file.sync_data()?;
        self.folder.rename(&self.name, name)?;
        self.is_to_stay = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_to_stay {
            // It may be gone already.
            let _ = self.folder.remove(&self.name);
        }
    }
}

/// Locks a file; false where another process has it, or has moved or removed it. A file system without locks has
/// nothing to tell them apart by.
fn is_held(folder: &Folder, file: &File, name: &Path) -> bool {
    let is_locked = match file.try_lock() {
        Ok(()) => true,
        Err(std::fs::TryLockError::WouldBlock) => false,
        Err(std::fs::TryLockError::Error(fault)) => fault.kind() == io::ErrorKind::Unsupported,
    };
    is_locked && folder.is_at(file, name)
}

fn part(mark: &str) -> PathBuf {
    PathBuf::from(format!("{PREFIX}{mark}{SUFFIX}"))
}

fn mark_of(name: &Path) -> Option<&str> {
    name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)
}

/// Whether a name is that of an incomplete file.
pub(crate) fn is_leftover(name: &Path) -> bool {
    mark_of(name).is_some()
}

/// Whether an incomplete file may be resumed: its name says what it is to become, not which process made it.
pub(crate) fn is_resumable(name: &Path) -> bool {
    mark_of(name).is_some_and(|mark| !mark.contains('-'))
}
