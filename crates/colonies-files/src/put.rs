//! Uploads.

use std::cell::Cell;
use std::path::Path;

use colonies_client::http_types::{HeaderName, header};
use colonies_client::{Content, Fault, Payload};
use data_encoding::BASE64;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::error::{Error, Refusal};
use crate::run::{Run, Share};
use crate::settings::check_key;
use crate::source::{Sending, Source};
use crate::storage::{Storage, Stored, Wish};

/// Up to here content is read into memory and sent from there.
const SMALL: u64 = 1 << 20;
/// How much is read at once where content is only hashed.
const CHUNK: usize = 128 * 1024;

const MD5: HeaderName = HeaderName::from_static("content-md5");

impl Storage {
    /// Stores a file under a key. The bucket is made where it does not exist.
    ///
    /// # Errors
    /// All causes but [`Error::Mismatch`].
    pub fn put_file(&self, path: &Path, key: &str, run: &Run<'_>) -> Result<Stored, Error> {
        self.put(&Source::open(path)?, key, run)
    }

    /// Stores bytes under a key.
    ///
    /// # Errors
    /// As [`Self::put_file`].
    pub fn put_bytes(&self, bytes: &[u8], key: &str, run: &Run<'_>) -> Result<Stored, Error> {
        self.put(&Source::Bytes(bytes), key, run)
    }

    fn put(&self, source: &Source<'_>, key: &str, run: &Run<'_>) -> Result<Stored, Error> {
        check_key(key)?;
        let attempt = || {
            if source.size() > 2 * self.settings.part_bytes {
                self.put_parts(source, key, run)
            } else {
                self.put_whole(source, key, run)
            }
        };
        match attempt() {
            Err(fault) if fault.is_refusal(Refusal::NoSuchBucket) => {
                self.create_bucket(run)?;
                attempt()
            }
            result => result,
        }
    }

    fn put_whole(&self, source: &Source<'_>, key: &str, run: &Run<'_>) -> Result<Stored, Error> {
        let size = source.size();
        let sha256 = match source {
            Source::Bytes(bytes) => self.put_small(bytes, key, run)?,
            Source::File(_) if size <= SMALL => {
                let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
                source.fill(&mut bytes, 0)?;
                source.check_unchanged()?;
                self.put_small(&bytes, key, run)?
            }
            Source::File(_) => self.put_streamed(source, key, run)?,
        };
        source.check_unchanged()?;
        Ok(Stored { size, sha256 })
    }

    fn put_small(&self, bytes: &[u8], key: &str, run: &Run<'_>) -> Result<[u8; 32], Error> {
        let md5 = self.wants_checksums().then(|| Md5::digest(bytes).into());
        let share = Share::of(run);
        self.send_object(key, md5, Payload::Bytes(bytes), run)?;
        share.add(bytes.len());
        Ok(Sha256::digest(bytes).into())
    }

    /// Sends a file without holding it in memory, and hashes the bytes that it sends.
    fn put_streamed(&self, source: &Source<'_>, key: &str, run: &Run<'_>) -> Result<[u8; 32], Error> {
        let md5 = if self.wants_checksums() { Some(md5_of(source, 0, source.size(), run)?) } else { None };
        let sending: Sending<'_, Sha256> = Sending::new(source, 0, run);
        let payload = Payload::Stream { length: source.size(), content: &sending };
        if let Err(fault) = self.send_object(key, md5, payload, run) {
            sending.rewind(); // the upload may be repeated, once the bucket is made
            return Err(explain(fault, source));
        }
        Ok(sending.into_seen().finalize().into())
    }

    fn send_object(
        &self,
        key: &str,
        md5: Option<[u8; 16]>,
        payload: Payload<'_>,
        run: &Run<'_>,
    ) -> Result<(), Error> {
        let task = || format!("store object {key} in bucket {}", self.settings.bucket);
        let mut headers = vec![(header::CONTENT_TYPE, "application/octet-stream".to_owned())];
        headers.extend(md5.map(|md5| (MD5, BASE64.encode(&md5))));
        let wish = Wish { task: &task, headers: &headers, payload, of_object: false };
        self.request(|keys| self.bucket.put_object(keys, key), &wish, run, |_| Ok(()))
    }
}

/// Tells failures of reading the source from those of sending it.
pub(crate) fn explain(fault: Error, source: &Source<'_>) -> Error {
    match fault {
        Error::Unreachable { fault: Fault::Source { source: fault }, .. } => source.explain(fault),
        // The checksum was made of other content than was sent a moment later.
        Error::Refused { code, .. } if code == "BadDigest" => source.changed(),
        fault => fault,
    }
}

/// Walks over a piece of the source without sending it.
pub(crate) fn walk(
    source: &Source<'_>,
    from: u64,
    to: u64,
    run: &Run<'_>,
    mut seen: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let pulse = run.pulse();
    let mut buffer = vec![0; CHUNK];
    let at = Cell::new(from);
    while at.get() < to {
        let wanted = usize::try_from(to - at.get()).unwrap_or(CHUNK).min(CHUNK);
        source.fill(&mut buffer[..wanted], at.get())?;
        seen(&buffer[..wanted])?;
        at.set(at.get() + wanted as u64);
        pulse.beat()?;
    }
    Ok(())
}

fn md5_of(source: &Source<'_>, from: u64, to: u64, run: &Run<'_>) -> Result<[u8; 16], Error> {
    let mut hash = Md5::new();
    walk(source, from, to, run, |bytes| {
        hash.update(bytes);
        Ok(())
    })?;
    Ok(hash.finalize().into())
}
