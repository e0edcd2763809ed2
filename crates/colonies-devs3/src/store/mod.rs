//! Storage: an index in `SQLite`, and a file for each content.
//!
//! A content file is complete before a row refers to it, and is deleted only after its last row. So whenever
//! the process ends, every object has exactly the content of one complete upload.

mod contents;
mod rows;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, TransactionBehavior};
use s3s::dto::ETagCondition;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use self::contents::Temporary;
pub(crate) use self::contents::{Contents, Draft, Lease, random_name};
pub(crate) use self::rows::{Metadata, Object, Owner, Piece, Upload};

/// Raised where the tables change; an index of another version is not opened.
const VERSION: i64 = 1;

/// Objects in buckets, in a directory.
pub struct Store {
    db: Mutex<Connection>,
    pub(crate) contents: Arc<Contents>,
    /// Dropped last: there are no readers by then.
    _temporary: Option<Temporary>,
}

/// Conditions on the existing object for replacing it.
#[derive(Default)]
pub(crate) struct Condition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

/// An object that has been asked for, and its pieces, which stay as long as the lease.
pub(crate) struct Found {
    pub(crate) object: Object,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) lease: Lease,
}

impl Store {
    /// Opens the store in a directory, which is made; without one, in a temporary directory that is gone with
    /// the store.
    ///
    /// # Errors
    /// It cannot be used; the error gives the reason.
    pub fn open(directory: Option<&Path>) -> Result<Self, String> {
        let temporary = match directory {
            Some(_) => None,
            None => Some(Temporary::new().map_err(|fault| fault.to_string())?),
        };
        let directory = temporary.as_ref().map(Temporary::path).or(directory);
        let directory = directory.ok_or("there is no directory")?;
        let contents = Contents::open(directory.join("contents")).map_err(|fault| fault.to_string())?;
        let index = if temporary.is_some() {
            Connection::open_in_memory()
        } else {
            Connection::open(directory.join("index.db"))
        };
        let db = index.and_then(prepare).map_err(|fault| describe(&fault))?;
        let version = version(&db).map_err(|fault| describe(&fault))?;
        if version != VERSION {
            return Err(format!("its index has version {version}, this server reads version {VERSION}"));
        }
        let names = rows::all_contents(&db).map_err(|fault| describe(&fault))?;
        contents.keep_only(&names).map_err(|fault| fault.to_string())?;
        Ok(Self { db: Mutex::new(db), contents: Arc::new(contents), _temporary: temporary })
    }

    /// Creates a bucket. An existing one is left unchanged.
    ///
    /// # Errors
    /// It cannot be stored; the error gives the reason.
    pub fn ensure_bucket(&self, name: &str) -> Result<(), String> {
        rows::add_bucket(&self.db(), name).map(drop).map_err(|fault| describe(&fault))
    }

    // --- Buckets -----------------------------------------------------------------------------------------

    pub(crate) fn create_bucket(&self, name: &str) -> S3Result<()> {
        if rows::add_bucket(&self.db(), name).map_err(broken)? {
            return Ok(());
        }
        Err(s3_error!(BucketAlreadyOwnedByYou))
    }

    pub(crate) fn check_bucket(&self, name: &str) -> S3Result<()> {
        check_bucket(&self.db(), name)
    }

    pub(crate) fn buckets(&self) -> S3Result<Vec<(String, SystemTime)>> {
        rows::buckets(&self.db()).map_err(broken)
    }

    pub(crate) fn delete_bucket(&self, name: &str) -> S3Result<()> {
        self.change(|db, gone| {
            check_bucket(db, name)?;
            if !rows::is_empty(db, name).map_err(broken)? {
                return Err(s3_error!(BucketNotEmpty));
            }
            for upload in rows::uploads(db, name).map_err(broken)? {
                gone.extend(contents_of(db, Owner::Upload(&upload.id))?);
            }
            rows::remove_bucket(db, name).map_err(broken)
        })
    }

    // --- Objects -----------------------------------------------------------------------------------------

    /// Stores an object, and replaces an existing one.
    pub(crate) fn put(
        &self,
        bucket: &str,
        object: &Object,
        draft: Draft,
        condition: &Condition,
    ) -> S3Result<()> {
        let piece = Piece {
            content: draft.name().to_owned(),
            number: 1,
            size: object.size,
            etag: object.etag.clone(),
            modified: object.modified,
        };
        self.change(|db, gone| {
            let id = replace(db, bucket, object, condition, gone)?;
            rows::add_piece(db, Owner::Object(id), &piece).map_err(broken)
        })?;
        draft.keep();
        Ok(())
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> S3Result<Object> {
        object(&self.db(), bucket, key)
    }

    /// An object with its content.
    pub(crate) fn find(&self, bucket: &str, key: &str) -> S3Result<Found> {
        let db = self.db();
        let object = object(&db, bucket, key)?;
        let pieces = rows::pieces(&db, Owner::Object(object.id)).map_err(broken)?;
        let lease = self.contents.lease(pieces.iter().map(|piece| piece.content.clone()).collect());
        Ok(Found { object, pieces, lease })
    }

    /// The first object whose key is not below `from`.
    pub(crate) fn object_from(&self, bucket: &str, from: &[u8]) -> S3Result<Option<Object>> {
        rows::object_from(&self.db(), bucket, from).map_err(broken)
    }

    /// Removes an object. A missing one is not an error.
    pub(crate) fn delete(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.change(|db, gone| {
            check_bucket(db, bucket)?;
            if let Some(object) = rows::object_at(db, bucket, key).map_err(broken)? {
                gone.extend(contents_of(db, Owner::Object(object.id))?);
                rows::remove_object(db, object.id).map_err(broken)?;
            }
            Ok(())
        })
    }

    /// Puts an object that has the content of another one.
    pub(crate) fn copy(&self, from: &Found, bucket: &str, object: &Object) -> S3Result<()> {
        let mut linked = Vec::new();
        let done = from
            .pieces
            .iter()
            .map(|piece| {
                let content = self.contents.link(&piece.content).map_err(unwritable)?;
                linked.push(content.clone());
                Ok(Piece { content, ..piece.clone() })
            })
            .collect::<S3Result<Vec<_>>>()
            .and_then(|pieces| {
                self.change(|db, gone| {
                    let id = replace(db, bucket, object, &Condition::default(), gone)?;
                    pieces
                        .iter()
                        .try_for_each(|piece| rows::add_piece(db, Owner::Object(id), piece).map_err(broken))
                })
            });
        if done.is_err() {
            self.contents.remove(&linked);
        }
        done
    }

    // --- Uploads -----------------------------------------------------------------------------------------

    pub(crate) fn begin_upload(&self, bucket: &str, upload: &Upload) -> S3Result<()> {
        let db = self.db();
        check_bucket(&db, bucket)?;
        rows::add_upload(&db, bucket, upload).map_err(broken)
    }

    pub(crate) fn check_upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        upload(&self.db(), bucket, key, id).map(drop)
    }

    pub(crate) fn uploads(&self, bucket: &str) -> S3Result<Vec<Upload>> {
        let db = self.db();
        check_bucket(&db, bucket)?;
        rows::uploads(&db, bucket).map_err(broken)
    }

    /// The parts that have come, in the order of their numbers.
    pub(crate) fn parts(&self, bucket: &str, key: &str, id: &str) -> S3Result<Vec<Piece>> {
        let db = self.db();
        upload(&db, bucket, key, id)?;
        rows::pieces(&db, Owner::Upload(id)).map_err(broken)
    }

    /// Adds a part to an upload, instead of the one of that number.
    pub(crate) fn add_part(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        part: Piece,
        draft: Draft,
    ) -> S3Result<()> {
        let part = Piece { content: draft.name().to_owned(), ..part };
        self.change(|db, gone| {
            // It may have been completed or aborted while the part was on its way.
            upload(db, bucket, key, id)?;
            if let Some(old) = rows::part_content(db, id, part.number).map_err(broken)? {
                rows::remove_piece(db, &old).map_err(broken)?;
                gone.push(old);
            }
            rows::add_piece(db, Owner::Upload(id), &part).map_err(broken)
        })?;
        draft.keep();
        Ok(())
    }

    /// Makes an object of an upload: `assemble` gets all parts and the metadata, and chooses.
    pub(crate) fn complete(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        condition: &Condition,
        assemble: impl FnOnce(&[Piece], Metadata) -> S3Result<(Object, Vec<Piece>)>,
    ) -> S3Result<Object> {
        self.change(|db, gone| {
            let upload = upload(db, bucket, key, id)?;
            let parts = rows::pieces(db, Owner::Upload(id)).map_err(broken)?;
            let (object, chosen) = assemble(&parts, upload.metadata)?;
            let object_id = replace(db, bucket, &object, condition, gone)?;
            for part in chosen {
                rows::hand_over(db, &part.content, object_id).map_err(broken)?;
            }
            gone.extend(contents_of(db, Owner::Upload(id))?);
            rows::remove_upload(db, id).map_err(broken)?;
            Ok(object)
        })
    }

    pub(crate) fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        self.change(|db, gone| {
            upload(db, bucket, key, id)?;
            gone.extend(contents_of(db, Owner::Upload(id))?);
            rows::remove_upload(db, id).map_err(broken)
        })
    }

    /// Changes the index in one transaction, then removes contents that nothing refers to.
    fn change<T>(&self, act: impl FnOnce(&Connection, &mut Vec<String>) -> S3Result<T>) -> S3Result<T> {
        let mut gone = Vec::new();
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let done = act(&transaction, &mut gone)?;
        transaction.commit().map_err(broken)?;
        // Readers take their leases under the same lock.
        self.contents.remove(&gone);
        Ok(done)
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(db: Connection) -> rusqlite::Result<Connection> {
    db.set_prepared_statement_cache_capacity(64);
    db.busy_timeout(Duration::from_millis(250))?;
    // One server a directory: the lock is held as long as it is open.
    db.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = ON;",
    )?;
    if version(&db)? == 0 {
        db.execute_batch(&format!(
            "BEGIN IMMEDIATE; {} PRAGMA user_version = {VERSION}; COMMIT;",
            include_str!("schema.sql")
        ))?;
    }
    Ok(db)
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn check_bucket(db: &Connection, name: &str) -> S3Result<()> {
    if rows::has_bucket(db, name).map_err(broken)? { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
}

fn object(db: &Connection, bucket: &str, key: &str) -> S3Result<Object> {
    check_bucket(db, bucket)?;
    rows::object_at(db, bucket, key).map_err(broken)?.ok_or_else(|| s3_error!(NoSuchKey))
}

fn upload(db: &Connection, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
    check_bucket(db, bucket)?;
    rows::upload_of(db, bucket, key, id).map_err(broken)?.ok_or_else(|| s3_error!(NoSuchUpload))
}

fn contents_of(db: &Connection, owner: Owner<'_>) -> S3Result<Vec<String>> {
    let pieces = rows::pieces(db, owner).map_err(broken)?;
    Ok(pieces.into_iter().map(|piece| piece.content).collect())
}

/// Writes or replaces the row of an object if the condition holds.
fn replace(
    db: &Connection,
    bucket: &str,
    object: &Object,
    condition: &Condition,
    gone: &mut Vec<String>,
) -> S3Result<i64> {
    check_bucket(db, bucket)?;
    let old = rows::object_at(db, bucket, &object.key).map_err(broken)?;
    condition.check(old.as_ref())?;
    if let Some(old) = old {
        gone.extend(contents_of(db, Owner::Object(old.id))?);
        rows::remove_object(db, old.id).map_err(broken)?;
    }
    rows::add_object(db, bucket, object).map_err(broken)
}

impl Condition {
    fn check(&self, old: Option<&Object>) -> S3Result<()> {
        let holds = |condition: &ETagCondition| match condition {
            ETagCondition::Any => old.is_some(),
            ETagCondition::ETag(etag) => old.is_some_and(|old| old.etag == etag.value()),
        };
        if self.if_match.as_ref().is_some_and(|condition| !holds(condition)) {
            // As Amazon's service has it: what is not there cannot be replaced.
            return Err(if old.is_none() { s3_error!(NoSuchKey) } else { s3_error!(PreconditionFailed) });
        }
        if self.if_none_match.as_ref().is_some_and(holds) {
            return Err(s3_error!(PreconditionFailed));
        }
        Ok(())
    }
}

/// The index cannot be read or written.
/// Describes an error of the index in one line, without the failed statement.
fn describe(fault: &rusqlite::Error) -> String {
    match fault {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

fn broken(fault: rusqlite::Error) -> S3Error {
    let text = format!("the index of the objects cannot be used: {}", describe(&fault));
    let mut error = S3Error::with_message(S3ErrorCode::InternalError, text);
    error.set_source(Box::new(fault));
    error
}

/// A content cannot be read or written.
pub(crate) fn unwritable(fault: io::Error) -> S3Error {
    let text = format!("the content of an object cannot be stored: {fault}");
    let mut error = S3Error::with_message(S3ErrorCode::InternalError, text);
    error.set_source(Box::new(fault));
    error
}
