//! Multipart uploads.

use std::sync::Mutex;
use std::time::Duration;

use colonies_client::http_types::header;
use colonies_client::{NoInterrupt, Payload, TimeLimit};
use crc32fast::Hasher as Crc;
use sha2::{Digest, Sha256};

use crate::error::{Error, Refusal};
use crate::put::{explain, walk};
use crate::reply;
use crate::run::Run;
use crate::source::{Sending, Source};
use crate::storage::{Storage, Stored, Wish};

/// The most parts that S3 allows.
const MOST_PARTS: u64 = 10_000;

/// A part that the store has.
struct Sent {
    etag: String,
    crc: u32,
}

impl Storage {
    /// Sends a large source in parts, several at the same time, while this thread makes the checksum of the
    /// whole. Nothing is held in memory: a part is read while it is sent. That both readings saw the same is
    /// checked part by part.
    pub(crate) fn put_parts(&self, source: &Source<'_>, key: &str, run: &Run<'_>) -> Result<Stored, Error> {
        let size = source.size();
        let part_bytes = self.settings.part_bytes.max(size.div_ceil(MOST_PARTS));
        let count = usize::try_from(size.div_ceil(part_bytes)).unwrap_or(0);
        let upload = Upload { storage: self, key, id: self.begin(key, run)? };
        let received: Mutex<Vec<Option<Sent>>> = Mutex::new((0..count).map(|_| None).collect());
        let bounds = |number: usize| {
            let from = number as u64 * part_bytes;
            (from, (from + part_bytes).min(size))
        };
        let send = |number: usize, run: &Run<'_>| {
            let done = upload.send(source, number, bounds(number), run)?;
            if let Ok(mut received) = received.lock() {
                received[number] = Some(done);
            }
            Ok(())
        };
        let finish = || -> Result<Stored, Error> {
            let (sha256, crcs) = run.crew(self.settings.parallel, count, send, |stop| {
                let mut whole = Sha256::new();
                let mut crcs = Vec::with_capacity(count);
                for (from, to) in (0..count).map(bounds) {
                    let mut crc = Crc::new();
                    walk(source, from, to, run, |bytes| {
                        whole.update(bytes);
                        crc.update(bytes);
                        if stop.is_set() { Err(Error::Interrupted) } else { Ok(()) }
                    })?;
                    crcs.push(crc.finalize());
                }
                Ok((whole.finalize().into(), crcs))
            })?;
            source.check_unchanged()?;
            let parts: Vec<Sent> = received
                .lock()
                .map(|mut received| std::mem::take(&mut *received))
                .unwrap_or_default()
                .into_iter()
                .flatten()
                .collect();
            if !parts.iter().map(|part| part.crc).eq(crcs) {
                return Err(source.changed());
            }
            upload.complete(&parts, size, run)?;
            Ok(Stored { size, sha256 })
        };
        let result = finish();
        if let Err(fault) = &result {
            upload.abort(matches!(fault, Error::Interrupted), run);
        }
        result
    }

    fn begin(&self, key: &str, run: &Run<'_>) -> Result<String, Error> {
        let task = || format!("store object {key} in bucket {}", self.settings.bucket);
        let headers = [(header::CONTENT_TYPE, "application/octet-stream".to_owned())];
        let wish = Wish { task: &task, headers: &headers, payload: Payload::Bytes(&[]), of_object: false };
        self.request(
            |keys| self.bucket.create_multipart_upload(keys, key),
            &wish,
            run,
            |answer| {
                let body = reply::text(answer).map_err(|fault| self.unreachable(task(), fault))?;
                reply::text_of(&body, "UploadId").ok_or_else(|| self.nonsense(task(), "it names no upload"))
            },
        )
    }
}

/// An upload in parts that was begun and is neither complete nor aborted.
struct Upload<'a> {
    storage: &'a Storage,
    key: &'a str,
    id: String,
}

impl Upload<'_> {
    fn send(
        &self,
        source: &Source<'_>,
        number: usize,
        (from, to): (u64, u64),
        run: &Run<'_>,
    ) -> Result<Sent, Error> {
        let storage = self.storage;
        let number = u16::try_from(number + 1).unwrap_or(u16::MAX);
        let task =
            || format!("store part {number} of object {} in bucket {}", self.key, storage.settings.bucket);
        let sending: Sending<'_, Crc> = Sending::new(source, from, run);
        let payload = Payload::Stream { length: to - from, content: &sending };
        let wish = Wish { task: &task, headers: &[], payload, of_object: false };
        let action = |keys| storage.bucket.upload_part(keys, self.key, number, &self.id);
        let etag = storage.request(action, &wish, run, |answer| {
            let etag = answer.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
            etag.map(str::to_owned).ok_or_else(|| storage.nonsense(task(), "it names no ETag"))
        });
        let etag = etag.map_err(|fault| explain(fault, source))?;
        Ok(Sent { etag, crc: sending.into_seen().finalize() })
    }

    /// Makes the parts one object.
    fn complete(&self, parts: &[Sent], size: u64, run: &Run<'_>) -> Result<(), Error> {
        let storage = self.storage;
        let task =
            || format!("put the parts of object {} together in bucket {}", self.key, storage.settings.bucket);
        let etags = || parts.iter().map(|part| part.etag.as_str());
        let body = storage.bucket.complete_multipart_upload(None, self.key, &self.id, etags()).body();
        let headers = [(header::CONTENT_TYPE, "application/xml".to_owned())];
        let wish = Wish {
            task: &task,
            headers: &headers,
            payload: Payload::Bytes(body.as_bytes()),
            of_object: false,
        };
        let action = |keys| storage.bucket.complete_multipart_upload(keys, self.key, &self.id, etags());
        let completed = storage.request(action, &wish, run, |answer| {
            let body = reply::text(answer).map_err(|fault| storage.unreachable(task(), fault))?;
            // Stores begin to answer before they know how it ends.
            if reply::root(&body) == Some("Error") {
                return Err(storage.refused(task(), 500, body));
            }
            Ok(())
        });
        match completed {
            // An answer that was lost can have been that of success.
            Err(fault)
                if is_unknown_upload(&fault)
                    && storage.head(self.key, run).is_ok_and(|found| found == size) =>
            {
                Ok(())
            }
            result => result,
        }
    }

    /// Has the store forget the parts, if that is possible in a moment. They cost space until it does.
    fn abort(&self, is_interrupted: bool, run: &Run<'_>) {
        let limit = if is_interrupted { Duration::from_millis(150) } else { Duration::from_secs(5) };
        let run = if is_interrupted { &Run { interrupt: &NoInterrupt, moved: run.moved } } else { run };
        let task = || "abort an upload".to_owned();
        let wish = Wish { task: &task, headers: &[], payload: Payload::None, of_object: false };
        let action = |keys| self.storage.bucket.abort_multipart_upload(keys, self.key, &self.id);
        // The error that made the abort necessary is reported; a failed abort adds nothing to it.
        let _ = self.storage.once(TimeLimit::Whole(limit), action, &wish, run, |_| Ok(()));
    }
}

fn is_unknown_upload(fault: &Error) -> bool {
    matches!(fault, Error::Refused { code, refusal: Refusal::Other, .. } if code == "NoSuchUpload")
}
