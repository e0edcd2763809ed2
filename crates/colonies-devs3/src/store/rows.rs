//! Buckets, objects, uploads and their pieces, as rows.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::Type;
use rusqlite::{Connection, Result, Row, params};
use serde::{Deserialize, Serialize};

/// The metadata of an object, as the client sent it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) user: HashMap<String, String>,
    /// By algorithm, as `crc32`; of the whole content.
    pub(crate) checksums: HashMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) begun: SystemTime,
    pub(crate) metadata: Metadata,
}

/// Part of an object or of an upload.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) content: String,
    pub(crate) number: i32,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
}

/// What pieces belong to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner<'a> {
    Object(i64),
    Upload(&'a str),
}

pub(crate) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn time(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

fn json(metadata: &Metadata) -> String {
    serde_json::to_string(metadata).expect("metadata is texts")
}

fn metadata(row: &Row<'_>, column: usize) -> Result<Metadata> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(fault)))
}

fn key(row: &Row<'_>, column: usize) -> Result<String> {
    String::from_utf8(row.get(column)?)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(fault)))
}

pub(super) fn optional<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        found => found.map(Some),
    }
}

fn object(row: &Row<'_>) -> Result<Object> {
    Ok(Object {
        id: row.get(0)?,
        key: key(row, 1)?,
        size: row.get(2)?,
        etag: row.get(3)?,
        modified: time(row.get(4)?),
        metadata: metadata(row, 5)?,
    })
}

fn upload(row: &Row<'_>) -> Result<Upload> {
    Ok(Upload { id: row.get(0)?, key: key(row, 1)?, begun: time(row.get(2)?), metadata: metadata(row, 3)? })
}

fn piece(row: &Row<'_>) -> Result<Piece> {
    Ok(Piece {
        content: row.get(0)?,
        number: row.get(1)?,
        size: row.get(2)?,
        etag: row.get(3)?,
        modified: time(row.get(4)?),
    })
}

// --- Buckets ---------------------------------------------------------------------------------------------

/// False where there is one of that name.
pub(super) fn add_bucket(db: &Connection, name: &str) -> Result<bool> {
    let added = db
        .prepare_cached("INSERT OR IGNORE INTO buckets VALUES (?, ?)")?
        .execute(params![name, millis(SystemTime::now())])?;
    Ok(added == 1)
}

pub(super) fn has_bucket(db: &Connection, name: &str) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM buckets WHERE name = ?")?.exists([name])
}

pub(super) fn buckets(db: &Connection) -> Result<Vec<(String, SystemTime)>> {
    db.prepare_cached("SELECT name, created FROM buckets ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, time(row.get(1)?))))?
        .collect()
}

/// Whether it has no objects; incomplete uploads do not count.
pub(super) fn is_empty(db: &Connection, bucket: &str) -> Result<bool> {
    Ok(!db.prepare_cached("SELECT 1 FROM objects WHERE bucket = ?")?.exists([bucket])?)
}

pub(super) fn remove_bucket(db: &Connection, bucket: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM uploads WHERE bucket = ?")?.execute([bucket])?;
    db.prepare_cached("DELETE FROM buckets WHERE name = ?")?.execute([bucket])?;
    Ok(())
}

// --- Objects ---------------------------------------------------------------------------------------------

const OBJECT: &str = "SELECT id, key, size, etag, modified, metadata FROM objects";

pub(super) fn object_at(db: &Connection, bucket: &str, key: &str) -> Result<Option<Object>> {
    optional(
        db.prepare_cached(&format!("{OBJECT} WHERE bucket = ? AND key = ?"))?
            .query_row(params![bucket, key.as_bytes()], object),
    )
}

/// The first object whose key is not below `from`.
pub(super) fn object_from(db: &Connection, bucket: &str, from: &[u8]) -> Result<Option<Object>> {
    optional(
        db.prepare_cached(&format!("{OBJECT} WHERE bucket = ? AND key >= ? ORDER BY key LIMIT 1"))?
            .query_row(params![bucket, from], object),
    )
}

pub(super) fn add_object(db: &Connection, bucket: &str, object: &Object) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO objects (bucket, key, size, etag, modified, metadata) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .insert(params![
        bucket,
        object.key.as_bytes(),
        object.size,
        object.etag,
        millis(object.modified),
        json(&object.metadata)
    ])
}

pub(super) fn remove_object(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM objects WHERE id = ?")?.execute([id])?;
    Ok(())
}

// --- Uploads ---------------------------------------------------------------------------------------------

const UPLOAD: &str = "SELECT id, key, begun, metadata FROM uploads";

pub(super) fn add_upload(db: &Connection, bucket: &str, upload: &Upload) -> Result<()> {
    db.prepare_cached("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)")?.execute(params![
        upload.id,
        bucket,
        upload.key.as_bytes(),
        millis(upload.begun),
        json(&upload.metadata)
    ])?;
    Ok(())
}

pub(super) fn upload_of(db: &Connection, bucket: &str, key: &str, id: &str) -> Result<Option<Upload>> {
    optional(
        db.prepare_cached(&format!("{UPLOAD} WHERE id = ? AND bucket = ? AND key = ?"))?
            .query_row(params![id, bucket, key.as_bytes()], upload),
    )
}

pub(super) fn uploads(db: &Connection, bucket: &str) -> Result<Vec<Upload>> {
    db.prepare_cached(&format!("{UPLOAD} WHERE bucket = ? ORDER BY key, begun, id"))?
        .query_map([bucket], upload)?
        .collect()
}

pub(super) fn remove_upload(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM uploads WHERE id = ?")?.execute([id])?;
    Ok(())
}

// --- Pieces ----------------------------------------------------------------------------------------------

pub(super) fn add_piece(db: &Connection, owner: Owner<'_>, piece: &Piece) -> Result<()> {
    let (object, upload) = match owner {
        Owner::Object(id) => (Some(id), None),
        Owner::Upload(id) => (None, Some(id)),
    };
    db.prepare_cached("INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        piece.content,
        object,
        upload,
        piece.number,
        piece.size,
        piece.etag,
        millis(piece.modified)
    ])?;
    Ok(())
}

pub(super) fn pieces(db: &Connection, owner: Owner<'_>) -> Result<Vec<Piece>> {
    const PIECE: &str = "SELECT content, number, size, etag, modified FROM pieces";
    match owner {
        Owner::Object(id) => db
            .prepare_cached(&format!("{PIECE} WHERE object = ? ORDER BY number"))?
            .query_map([id], piece)?
            .collect(),
        Owner::Upload(id) => db
            .prepare_cached(&format!("{PIECE} WHERE upload = ? ORDER BY number"))?
            .query_map([id], piece)?
            .collect(),
    }
}

/// The content of a part that has come before.
pub(super) fn part_content(db: &Connection, upload: &str, number: i32) -> Result<Option<String>> {
    optional(
        db.prepare_cached("SELECT content FROM pieces WHERE upload = ? AND number = ?")?
            .query_row(params![upload, number], |row| row.get(0)),
    )
}

pub(super) fn remove_piece(db: &Connection, content: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM pieces WHERE content = ?")?.execute([content])?;
    Ok(())
}

/// An upload's piece becomes an object's.
pub(super) fn hand_over(db: &Connection, content: &str, object: i64) -> Result<()> {
    db.prepare_cached("UPDATE pieces SET object = ?, upload = NULL WHERE content = ?")?
        .execute(params![object, content])?;
    Ok(())
}

pub(super) fn all_contents<C: FromIterator<String>>(db: &Connection) -> Result<C> {
    db.prepare_cached("SELECT content FROM pieces")?.query_map([], |row| row.get(0))?.collect()
}
