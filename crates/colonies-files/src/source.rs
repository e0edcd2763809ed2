//! The content of an upload: a file or bytes.

use std::cell::{Cell, RefCell};
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use colonies_client::Content;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::run::{Run, Share};

/// What is uploaded: readable from anywhere, by several threads at once.
pub(crate) enum Source<'a> {
    Bytes(&'a [u8]),
    File(FileSource),
}

/// An open file, and how it was when it was opened.
pub(crate) struct FileSource {
    file: File,
    path: PathBuf,
    size: u64,
    then: State,
}

#[derive(PartialEq, Eq)]
struct State {
    size: u64,
    modified: Option<SystemTime>,
    /// Cannot be set back by programs, unlike the time of modification.
    changed: (i64, i64),
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified: metadata.modified().ok(), changed: changed(metadata) }
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

impl Source<'_> {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let refuse = Error::local("read", path);
        // Checked first, since opening a pipe blocks until a writer opens it.
        if !path.metadata().map_err(&refuse)?.is_file() {
            let is_folder = path.is_dir();
            let what = if is_folder { "it is a directory" } else { "it is not a regular file" };
            let kind = if is_folder { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
            return Err(refuse(io::Error::new(kind, what)));
        }
        let file = File::open(path).map_err(&refuse)?;
        let metadata = file.metadata().map_err(&refuse)?;
        let (size, then) = (metadata.len(), State::of(&metadata));
        Ok(Self::File(FileSource { file, path: path.to_owned(), size, then }))
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.size,
        }
    }

    /// Fills the buffer from there on.
    pub(crate) fn fill(&self, buffer: &mut [u8], from: u64) -> Result<(), Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_at(&mut buffer[filled..], from + filled as u64) {
                Ok(0) => return Err(self.explain(io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => filled += read,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => return Err(self.explain(fault)),
            }
        }
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        match self {
            Self::Bytes(bytes) => {
                let rest = usize::try_from(from).ok().and_then(|from| bytes.get(from..)).unwrap_or(&[]);
                let read = rest.len().min(buffer.len());
                buffer[..read].copy_from_slice(&rest[..read]);
                Ok(read)
            }
            Self::File(file) => read_at(&file.file, buffer, from),
        }
    }

    /// What a failed read means. A file that ends too early has become shorter.
    pub(crate) fn explain(&self, fault: io::Error) -> Error {
        match self {
            Self::File(file) if fault.kind() == io::ErrorKind::UnexpectedEof => {
                Error::Changed { path: file.path.clone() }
            }
            Self::File(file) => Error::local("read", &file.path)(fault),
            Self::Bytes(_) => Error::local("read", Path::new("the data"))(fault),
        }
    }

    /// Makes sure that the file is still as it was when it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<(), Error> {
        let Self::File(file) = self else { return Ok(()) };
        let now = file.file.metadata().map_err(Error::local("read", &file.path))?;
        if State::of(&now) == file.then { Ok(()) } else { Err(self.changed()) }
    }

    pub(crate) fn changed(&self) -> Error {
        self.explain(io::ErrorKind::UnexpectedEof.into())
    }
}

/// A piece of a source that is being sent: what was read goes into `Seen`, and counts as moved.
pub(crate) struct Sending<'a, S> {
    source: &'a Source<'a>,
    from: u64,
    at: Cell<u64>,
    share: Share<'a>,
    seen: RefCell<S>,
}

/// What is made of the bytes that were sent.
pub(crate) trait Seen: Default {
    fn take(&mut self, bytes: &[u8]);
}

impl Seen for Sha256 {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Seen for crc32fast::Hasher {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl<'a, S: Seen> Sending<'a, S> {
    pub(crate) fn new(source: &'a Source<'a>, from: u64, run: &Run<'a>) -> Self {
        Self { source, from, at: Cell::new(from), share: Share::of(run), seen: RefCell::default() }
    }

    pub(crate) fn into_seen(self) -> S {
        self.seen.into_inner()
    }
}

impl<S: Seen> Content for Sending<'_, S> {
    fn rewind(&self) {
        self.at.set(self.from);
        self.share.take_back();
        self.seen.take();
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read_at(buffer, self.at.get())?;
        self.seen.borrow_mut().take(&buffer[..read]);
        self.at.set(self.at.get() + read as u64);
        self.share.add(read);
        Ok(read)
    }
}

#[cfg(unix)]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], from: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, from)
}

#[cfg(windows)]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], from: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, from)
}

#[cfg(unix)]
pub(crate) fn write_all_at(file: &File, bytes: &[u8], from: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, from)
}

#[cfg(windows)]
pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut from: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, from)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        (bytes, from) = (&bytes[written..], from + written as u64);
    }
    Ok(())
}
