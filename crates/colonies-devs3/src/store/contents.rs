//! The files with the content of objects. Their names are random: no key ever becomes a path.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// How much is gathered before it goes to the disk, in bytes.
const BUFFER: usize = 1 << 20;

pub(crate) struct Contents {
    directory: PathBuf,
    /// Files that are being read, by how many, and whether they are to go afterwards.
    readers: Mutex<HashMap<String, Readers>>,
}

#[derive(Default)]
struct Readers {
    count: usize,
    doomed: bool,
}

impl Contents {
    pub(super) fn open(directory: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        Ok(Self { directory, readers: Mutex::default() })
    }

    /// Begins a new file.
    pub(crate) async fn create(self: &Arc<Self>) -> io::Result<Draft> {
        let name = random_name()?;
        let mut file = File::create_new(self.path(&name)).await?;
        file.set_max_buf_size(BUFFER);
        Ok(Draft { contents: Arc::clone(self), name, file, kept: false })
    }

    /// Gives a file a second name; a copy where the file system has no such thing.
    pub(super) fn link(&self, name: &str) -> io::Result<String> {
        let second = random_name()?;
        fs::hard_link(self.path(name), self.path(&second))
            .or_else(|_| fs::copy(self.path(name), self.path(&second)).map(drop))?;
        Ok(second)
    }

    /// Keeps files where they are until the lease is dropped.
    pub(super) fn lease(self: &Arc<Self>, names: Vec<String>) -> Lease {
        let mut readers = self.readers();
        for name in &names {
            readers.entry(name.clone()).or_default().count += 1;
        }
        Lease { contents: Arc::clone(self), names }
    }

    /// Removes files, those that are being read when they have been.
    pub(super) fn remove(&self, names: &[String]) {
        let mut readers = self.readers();
        for name in names {
            match readers.get_mut(name) {
                Some(read) => read.doomed = true,
                None => self.delete(name),
            }
        }
    }

    /// Removes all files but these.
    pub(super) fn keep_only(&self, names: &HashSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            if let Some(name) = name.to_str().filter(|name| !names.contains(*name)) {
                self.delete(name);
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn delete(&self, name: &str) {
        // What stays is found by the next start.
        let _ = fs::remove_file(self.path(name));
    }

    fn readers(&self) -> MutexGuard<'_, HashMap<String, Readers>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is being written; gone when dropped, unless it was kept.
pub(crate) struct Draft {
    contents: Arc<Contents>,
    name: String,
    file: File,
    kept: bool,
}

impl Draft {
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await
    }

    /// All that was written is in the file when this returns.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            self.contents.delete(&self.name);
        }
    }
}

/// Content files that are being read; they are not deleted before the lease is dropped.
pub(crate) struct Lease {
    contents: Arc<Contents>,
    names: Vec<String>,
}

impl Lease {
    pub(crate) fn path(&self, index: usize) -> PathBuf {
        self.contents.path(&self.names[index])
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut readers = self.contents.readers();
        for name in &self.names {
            let Some(read) = readers.get_mut(name) else { continue };
            read.count -= 1;
            if read.count == 0 {
                let doomed = read.doomed;
                readers.remove(name);
                if doomed {
                    self.contents.delete(name);
                }
            }
        }
    }
}

/// 32 unpredictable hexadecimal digits.
pub(crate) fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(HEXLOWER.encode(&bytes))
}

/// A directory that is gone, with all in it, when this is dropped.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn new() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("colonies-devs3-{}", random_name()?));
        #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix has modes"))]
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        Ok(Self(directory))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The operating system cleans up where this does not.
        let _ = fs::remove_dir_all(&self.0);
    }
}
