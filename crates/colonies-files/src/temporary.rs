use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the names of all files begin that are not complete yet.
const PREFIX: &str = ".colonies-";
const SUFFIX: &str = ".part";

/// A file beside another, whose place it takes when it is complete. It is removed unless it does, or is kept.
pub(crate) struct Temporary {
    path: PathBuf,
    pub(crate) file: File,
    is_to_stay: bool,
}

impl Temporary {
    /// A new file beside `target`. Neither a file nor a link that is there already is touched.
    pub(crate) fn beside(target: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = place(target, &format!("{:x}-{number:x}", process::id()))?;
            match options().create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file, is_to_stay: false }),
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// The file that an earlier attempt may have left for the same content, which `mark` stands for; a new one
    /// where somebody else is writing it.
    pub(crate) fn resumed(target: &Path, mark: &str) -> io::Result<Self> {
        let path = place(target, mark)?;
        let Ok(file) = options().create(true).truncate(false).open(&path) else {
            return Self::beside(target);
        };
        // Whoever had it before has let go of it with its last breath, or put it in place: then the name is
        // no longer this file's.
        let is_ours = file.metadata()?.is_file() && file.try_lock().is_ok() && is_at(&file, &path);
        if is_ours { Ok(Self { path, file, is_to_stay: false }) } else { Self::beside(target) }
    }

    /// Leaves the file for a later attempt.
    pub(crate) fn keep(mut self) {
        self.is_to_stay = true;
    }

    pub(crate) fn take_place_of(mut self, target: &Path) -> io::Result<()> {
        // Who may run and read a file stays as it is.
        if let Ok(old) = fs::symlink_metadata(target)
            && old.is_file()
        {
            self.file.set_permissions(old.permissions())?;
        }
        // Without this a power failure could leave an empty file under the name.
        self.file.sync_data()?;
        fs::rename(&self.path, target)?;
        self.is_to_stay = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_to_stay {
            // It may be gone already, and there is nobody to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn place(target: &Path, mark: &str) -> io::Result<PathBuf> {
    if target.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
    }
    Ok(target.with_file_name(format!("{PREFIX}{mark}{SUFFIX}")))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let there = fs::symlink_metadata(path).map(identity).ok();
    there.is_some() && file.metadata().map(identity).ok() == there
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
