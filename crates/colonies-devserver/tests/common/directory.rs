//! Directories for tests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use colonies_devserver::{Config, Server, StartError};

/// A directory of the test's own, removed when it is over.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("colonies-devserver-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Left behind at worst, in a directory for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that keeps its data there.
pub(crate) fn start_in(directory: &Path) -> Result<Server, StartError> {
    Server::start(Config { data_dir: Some(directory.to_owned()), ..Config::default() })
}
