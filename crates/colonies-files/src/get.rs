//! Downloads as a stream of verified chunks.

use std::sync::OnceLock;

use colonies_client::http_types::{HeaderName, StatusCode, header};
use colonies_client::{Answer, Payload};
use sha2::{Digest, Sha256};

use crate::error::{Error, Refusal};
use crate::retries::Retries;
use crate::run::Run;
use crate::settings::check_key;
use crate::storage::{Storage, Stored, Wish};

/// Bytes that are passed on at once.
const CHUNK: usize = 64 * 1024;

/// What a file must be, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// In bytes.
    pub size: Option<u64>,
    /// Of the content.
    pub sha256: Option<[u8; 32]>,
}

/// The part of an object that is wanted: to its end where `to` is not known.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a str,
    pub(crate) from: u64,
    pub(crate) to: Option<u64>,
    pub(crate) expected: Expected,
    /// The version that is being read, once it is known: all answers must be of the same.
    pub(crate) etag: &'a OnceLock<String>,
}

impl Expected {
    /// Compares the received content with the expected one.
    pub(crate) fn check(&self, key: &str, came: &Stored) -> Result<(), Error> {
        let mismatch = |what: String| Err(Error::Mismatch { key: key.to_owned(), what });
        match (self.size, self.sha256) {
            (Some(size), _) if size != came.size => mismatch(sizes(size, came.size)),
            (_, Some(sha256)) if sha256 != came.sha256 => {
                let hex = |digest: &[u8]| data_encoding::HEXLOWER.encode(digest);
                mismatch(format!("its SHA-256 is to be {}, and is {}", hex(&sha256), hex(&came.sha256)))
            }
            _ => Ok(()),
        }
    }
}

fn sizes(wanted: u64, found: u64) -> String {
    format!("it is to have {wanted} bytes, and has {found}")
}

impl Storage {
    /// Reads an object into memory.
    ///
    /// # Errors
    /// [`Error::Mismatch`] where it is not what was expected; all others but [`Error::Changed`].
    pub fn get_bytes(&self, key: &str, expected: &Expected, run: &Run<'_>) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.stream(key, expected, run, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Hands an object to `sink`, piece by piece, and checks at the end that it was the right one. What is
    /// expected to be empty is not asked for: some tools store empty files without an object.
    pub(crate) fn stream(
        &self,
        key: &str,
        expected: &Expected,
        run: &Run<'_>,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Stored, Error> {
        check_key(key)?;
        let mut hash = Sha256::new();
        let mut size = 0;
        if expected.size != Some(0) {
            let wanted = Wanted { key, from: 0, to: None, expected: *expected, etag: &OnceLock::new() };
            self.fetch(&wanted, run, &mut |piece| {
                hash.update(piece);
                size += piece.len() as u64;
                sink(piece)
            })?;
        }
        let stored = Stored { size, sha256: hash.finalize().into() };
        expected.check(key, &stored)?;
        Ok(stored)
    }

    /// Fetches a part of an object. After a failure it goes on where the last attempt ended.
    pub(crate) fn fetch(
        &self,
        wanted: &Wanted<'_>,
        run: &Run<'_>,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut retries = Retries::default();
        let mut at = wanted.from;
        loop {
            let before = at;
            let Err(fault) = self.fetch_once(wanted, &mut at, run, sink) else { return Ok(()) };
            if at > before {
                retries.forget();
            }
            retries.pause(fault, run)?;
        }
    }

    fn fetch_once(
        &self,
        wanted: &Wanted<'_>,
        at: &mut u64,
        run: &Run<'_>,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let key = wanted.key;
        let task = || format!("read object {key} of bucket {}", self.settings.bucket);
        let mut headers: Vec<(HeaderName, String)> = Vec::new();
        match wanted.to {
            Some(to) => headers.push((header::RANGE, format!("bytes={at}-{}", to - 1))),
            None if *at > 0 => headers.push((header::RANGE, format!("bytes={at}-"))),
            None => {}
        }
        headers.extend(wanted.etag.get().map(|etag| (header::IF_MATCH, etag.clone())));
        let wish = Wish { task: &task, headers: &headers, payload: Payload::None, of_object: true };
        let fetched = self.once(
            self.time_limit(),
            |keys| self.bucket.get_object(keys, key),
            &wish,
            run,
            |answer| {
                wanted.check(answer, !headers.is_empty() && headers[0].0 == header::RANGE)?;
                let mut buffer = vec![
                    0;
                    CHUNK
                        .min(usize::try_from(answer.length().unwrap_or(u64::MAX)).unwrap_or(CHUNK))
                        .max(1)
                ];
                loop {
                    let read = answer.read(&mut buffer).map_err(|fault| self.unreachable(task(), fault))?;
                    if read == 0 {
                        return Ok(());
                    }
                    sink(&buffer[..read])?;
                    *at += read as u64;
                    run.moved.fetch_add(read as u64, std::sync::atomic::Ordering::Relaxed);
                }
            },
        );
        match fetched {
            // The object ends before the place that was asked for.
            Err(Error::Refused { status: 416, .. }) => {
                Err(Error::Mismatch { key: key.to_owned(), what: format!("it has no {at} bytes") })
            }
            Err(fault) if fault.is_refusal(Refusal::Replaced) => {
                Err(Error::Mismatch { key: key.to_owned(), what: "it was replaced while it was read".into() })
            }
            result => result,
        }
    }
}

impl Wanted<'_> {
    /// Refuses at once what cannot be the right object.
    fn check(&self, answer: &Answer<'_>, is_range: bool) -> Result<(), Error> {
        let mismatch = |what: String| Err(Error::Mismatch { key: self.key.to_owned(), what });
        if is_range && answer.status != StatusCode::PARTIAL_CONTENT {
            return mismatch("the store sends all of it where a part is asked for".into());
        }
        let total = if is_range {
            let range = answer.headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
            range.and_then(|range| range.rsplit_once('/')?.1.parse().ok())
        } else {
            answer.length()
        };
        if let (Some(size), Some(total)) = (self.expected.size, total)
            && size != total
        {
            return mismatch(sizes(size, total));
        }
        let etag = answer.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
        match etag {
            Some(etag) if self.etag.get_or_init(|| etag.to_owned()) != etag => {
                mismatch("it was replaced while it was read".into())
            }
            _ => Ok(()),
        }
    }
}
