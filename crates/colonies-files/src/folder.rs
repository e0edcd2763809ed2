//! An open directory that files are written to. Changes of its path lead no write elsewhere.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::temporary::{is_leftover, is_resumable};

/// Where a file is to be: a path below a directory that the caller trusts.
///
/// The directories in between are made where they are missing. None of them may be a symbolic link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The trusted directory. It may be a link.
    pub root: PathBuf,
    /// The path below it: names only, without `..`.
    pub path: PathBuf,
}

impl Target {
    /// The file of this path, whose directory is trusted.
    pub fn at(path: &Path) -> Self {
        let root = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self {
            root: root.unwrap_or(Path::new(".")).to_owned(),
            path: path.file_name().map(PathBuf::from).unwrap_or_default(),
        }
    }

    /// The whole path, for messages.
    pub fn shown(&self) -> PathBuf {
        self.root.join(&self.path)
    }

    /// Opens the directory of the file; returns it with the file's name.
    pub(crate) fn open(&self) -> io::Result<(Arc<Folder>, PathBuf)> {
        let refuse = || io::Error::new(io::ErrorKind::InvalidInput, "it does not name a file");
        if self.path.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(refuse());
        }
        let name = PathBuf::from(self.path.file_name().ok_or_else(refuse)?);
        let folder = Folder::below(&self.root, self.path.parent().unwrap_or(Path::new("")))?;
        Ok((Arc::new(folder), name))
    }
}

/// Makes a directory below another, and those in between. None of them may be a link.
///
/// # Errors
/// [`Error::Local`].
pub fn make_directory(root: &Path, path: &Path) -> Result<(), Error> {
    let shown = root.join(path);
    let refuse = Error::local("make", &shown);
    if path.components().any(|part| !matches!(part, Component::Normal(_))) {
        let text = "it is not a path below the directory";
        return Err(refuse(io::Error::new(io::ErrorKind::InvalidInput, text)));
    }
    Folder::below(root, path).map(drop).map_err(refuse)
}

/// How long a partial download waits to be resumed.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Says why a path is not followed.
fn refused(path: &Path) -> io::Error {
    let text = format!("{} is not a directory, or is a link; nothing is written there", path.display());
    io::Error::new(io::ErrorKind::NotADirectory, text)
}

#[cfg(unix)]
mod system {
    use std::os::fd::OwnedFd;

    use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags};
    use rustix::io::Errno;

    use super::{File, Path, PathBuf, io, refused};

    /// See the module.
    #[derive(Debug)]
    pub(crate) struct Folder {
        fd: OwnedFd,
        path: PathBuf,
    }

    const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    const FILE: OFlags = OFlags::RDWR.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

    impl Folder {
        /// Opens the directory at a path below `root`, and makes those that are missing.
        pub(super) fn below(root: &Path, path: &Path) -> io::Result<Self> {
            let fd = fs::openat(CWD, root, DIRECTORY, Mode::empty())?;
            let mut folder = Self { fd, path: root.to_owned() };
            for name in path {
                folder = folder.child(Path::new(name))?;
            }
            Ok(folder)
        }

        fn child(&self, name: &Path) -> io::Result<Self> {
            let open = || fs::openat(&self.fd, name, DIRECTORY.union(OFlags::NOFOLLOW), Mode::empty());
            let path = self.path.join(name);
            let opened = match open() {
                Err(Errno::NOENT) => {
                    match fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o755)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(fault) => return Err(fault.into()),
                    }
                    open()
                }
                opened => opened,
            };
            match opened {
                Ok(fd) => Ok(Self { fd, path }),
                Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => Err(refused(&path)),
                Err(fault) => Err(fault.into()),
            }
        }

        /// Creates a file. Existing files and links are left unchanged.
        pub(crate) fn create(&self, name: &Path) -> io::Result<File> {
            self.file(name, OFlags::CREATE.union(OFlags::EXCL))
        }

        /// Opens a file, or makes it. A link is refused.
        pub(crate) fn open_or_create(&self, name: &Path) -> io::Result<File> {
            self.file(name, OFlags::CREATE)
        }

        /// Opens a file. A link is refused.
        pub(crate) fn open(&self, name: &Path) -> io::Result<File> {
            self.file(name, OFlags::empty())
        }

        fn file(&self, name: &Path, flags: OFlags) -> io::Result<File> {
            let mode = Mode::from_raw_mode(0o666);
            Ok(File::from(fs::openat(&self.fd, name, FILE.union(flags), mode)?))
        }

        pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            Ok(fs::renameat(&self.fd, from, &self.fd, to)?)
        }

        pub(crate) fn remove(&self, name: &Path) -> io::Result<()> {
            Ok(fs::unlinkat(&self.fd, name, AtFlags::empty())?)
        }

        /// Who may read and run the regular file of a name.
        #[allow(clippy::useless_conversion, reason = "modes have 16 bits on macOS")]
        pub(crate) fn permissions(&self, name: &Path) -> Option<std::fs::Permissions> {
            let found = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
            let mode = found.st_mode & 0o7777;
            is_file.then(|| std::os::unix::fs::PermissionsExt::from_mode(mode.into()))
        }

        /// Whether a file still has this name.
        pub(crate) fn is_at(&self, file: &File, name: &Path) -> bool {
            let there = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW);
            match (there, fs::fstat(file)) {
                (Ok(there), Ok(here)) => (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino),
                _ => false,
            }
        }

        pub(crate) fn names(&self) -> io::Result<Vec<PathBuf>> {
            use std::os::unix::ffi::OsStringExt;
            let entries = fs::Dir::read_from(&self.fd)?;
            let names = entries.map(|entry| {
                let name = entry?.file_name().to_bytes().to_vec();
                Ok(PathBuf::from(std::ffi::OsString::from_vec(name)))
            });
            names.collect()
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, OpenOptions};

    use super::{File, Path, PathBuf, io, refused};

    /// See the module. There are no handles to work relative to here, so every step looks for links again.
    #[derive(Debug)]
    pub(crate) struct Folder {
        root: PathBuf,
        path: PathBuf,
    }

    impl Folder {
        pub(super) fn below(root: &Path, path: &Path) -> io::Result<Self> {
            let mut folder = root.to_owned();
            for name in path {
                folder.push(name);
                match fs::create_dir(&folder) {
                    Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => return Err(fault),
                    _ => {}
                }
            }
            let folder = Self { root: root.to_owned(), path: path.to_owned() };
            folder.check()?;
            Ok(folder)
        }

        fn check(&self) -> io::Result<()> {
            let mut path = self.root.clone();
            for name in &self.path {
                path.push(name);
                if !fs::symlink_metadata(&path)?.is_dir() {
                    return Err(refused(&path));
                }
            }
            Ok(())
        }

        fn place(&self, name: &Path) -> io::Result<PathBuf> {
            self.check()?;
            Ok(self.root.join(&self.path).join(name))
        }

        pub(crate) fn create(&self, name: &Path) -> io::Result<File> {
            OpenOptions::new().read(true).write(true).create_new(true).open(self.place(name)?)
        }

        pub(crate) fn open_or_create(&self, name: &Path) -> io::Result<File> {
            match self.create(name) {
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => self.open(name),
                opened => opened,
            }
        }

        pub(crate) fn open(&self, name: &Path) -> io::Result<File> {
            let path = self.place(name)?;
            if !fs::symlink_metadata(&path)?.is_file() {
                return Err(refused(&path));
            }
            OpenOptions::new().read(true).write(true).open(path)
        }

        pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            fs::rename(self.place(from)?, self.place(to)?)
        }

        pub(crate) fn remove(&self, name: &Path) -> io::Result<()> {
            fs::remove_file(self.place(name)?)
        }

        pub(crate) fn permissions(&self, name: &Path) -> Option<fs::Permissions> {
            let found = fs::symlink_metadata(self.place(name).ok()?).ok()?;
            found.is_file().then(|| found.permissions())
        }

        pub(crate) fn is_at(&self, _: &File, name: &Path) -> bool {
            self.place(name).is_ok_and(|path| path.exists())
        }

        pub(crate) fn names(&self) -> io::Result<Vec<PathBuf>> {
            let entries = fs::read_dir(self.root.join(&self.path))?;
            entries.map(|entry| Ok(PathBuf::from(entry?.file_name()))).collect()
        }
    }
}

pub(crate) use system::Folder;

impl Folder {
    /// Removes what killed downloads have left: at once where it is of no use, after a week where it could be resumed.
    pub(crate) fn sweep(&self) {
        // What cannot be removed stays, which does no harm.
        for name in self.names().unwrap_or_default() {
            if is_leftover(&name) {
                let _ = self.sweep_one(&name);
            }
        }
    }

    fn sweep_one(&self, name: &Path) -> io::Result<()> {
        let file = self.open(name)?;
        let found = file.metadata()?;
        let age = SystemTime::now().duration_since(found.modified()?).unwrap_or_default();
        let is_wanted = is_resumable(name) && age < KEPT;
        // A file that is being written is locked.
        if !found.is_file() || is_wanted || file.try_lock().is_err() || !self.is_at(&file, name) {
            return Ok(());
        }
        self.remove(name)
    }
}
