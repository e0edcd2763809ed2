//! Files: records of objects in S3, one for each version.

use std::fmt;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::Result;
use super::like::is_like;
use super::rows::{self, all, one};
use crate::wire::Time;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct File {
    #[serde(rename = "fileid")]
    pub(crate) id: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) label: String,
    pub(crate) name: String,
    pub(crate) size: i64,
    /// Rises from file to file, over all colonies.
    #[serde(rename = "sequencenr")]
    pub(crate) sequence: i64,
    pub(crate) checksum: String,
    #[serde(rename = "checksumalg")]
    pub(crate) checksum_algorithm: String,
    #[serde(rename = "ref")]
    pub(crate) reference: Reference,
    pub(crate) added: Time,
}

/// Where the content of a file lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Reference {
    pub(crate) protocol: String,
    #[serde(rename = "s3object")]
    pub(crate) object: S3Object,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct S3Object {
    pub(crate) server: String,
    pub(crate) port: i64,
    pub(crate) tls: bool,
    #[serde(rename = "accesskey")]
    pub(crate) access_key: String,
    #[serde(rename = "secretkey")]
    pub(crate) secret_key: String,
    pub(crate) region: String,
    #[serde(rename = "encryptionkey")]
    pub(crate) encryption_key: String,
    #[serde(rename = "encryptionalg")]
    pub(crate) encryption_algorithm: String,
    pub(crate) object: String,
    pub(crate) bucket: String,
}

/// Leaves the keys out.
impl fmt::Debug for S3Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("S3Object")
            .field("server", &self.server)
            .field("port", &self.port)
            .field("bucket", &self.bucket)
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}

impl File {
    /// True where every part of the file has room in the tables of a Colonies server: a port of 32 bits, and
    /// texts without the character zero.
    pub(crate) fn is_storable(&self) -> bool {
        let object = &self.reference.object;
        let texts = [
            &self.label,
            &self.name,
            &self.checksum,
            &self.checksum_algorithm,
            &object.server,
            &object.access_key,
            &object.secret_key,
            &object.region,
            &object.encryption_key,
            &object.encryption_algorithm,
            &object.object,
            &object.bucket,
        ];
        i32::try_from(object.port).is_ok() && texts.iter().all(|text| !text.contains('\0'))
    }
}

/// A label, and how many versions of files have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Label {
    pub(crate) name: String,
    pub(crate) files: i64,
}

rows!("files", File {
    sequence as assigned, id, colony_name, label, name, size, checksum, checksum_algorithm, reference as json, added,
});

/// Adds a version of a file, and returns its number.
pub(crate) fn add(db: &Connection, file: &File) -> Result<i64> {
    rows::add(db, file)?;
    Ok(db.last_insert_rowid())
}

pub(crate) fn by_id(db: &Connection, colony_name: &str, id: &str) -> Result<Option<File>> {
    one(db, "WHERE id = ? AND colony_name = ?", [id, colony_name])
}

/// The versions of a file, the newest first.
pub(crate) fn versions(db: &Connection, colony_name: &str, label: &str, name: &str) -> Result<Vec<File>> {
    all(
        db,
        "WHERE colony_name = ? AND label = ? AND name = ? ORDER BY sequence DESC",
        [colony_name, label, name],
    )
}

pub(crate) fn newest_version(
    db: &Connection,
    colony_name: &str,
    label: &str,
    name: &str,
) -> Result<Option<File>> {
    one(
        db,
        "WHERE colony_name = ? AND label = ? AND name = ?
             ORDER BY sequence DESC LIMIT 1",
        [colony_name, label, name],
    )
}

/// The newest version of every file with exactly this label, in the order of their names.
pub(crate) fn newest_of_label(db: &Connection, colony_name: &str, label: &str) -> Result<Vec<File>> {
    all(
        db,
        "WHERE sequence IN (
             SELECT max(sequence) FROM files WHERE colony_name = ? AND label = ? GROUP BY name)
         ORDER BY name",
        [colony_name, label],
    )
}

/// The labels of a colony, in order.
pub(crate) fn labels(db: &Connection, colony_name: &str) -> Result<Vec<Label>> {
    db.prepare_cached(
        "SELECT label, count(*) FROM files WHERE colony_name = ? GROUP BY label ORDER BY label",
    )?
    .query_map([colony_name], |row| Ok(Label { name: row.get(0)?, files: row.get(1)? }))?
    .collect()
}

/// The labels that begin as a pattern of SQL's LIKE does.
pub(crate) fn labels_like(db: &Connection, colony_name: &str, pattern: &str) -> Result<Vec<Label>> {
    let mut found = labels(db, colony_name)?;
    let pattern = format!("{pattern}%");
    found.retain(|label| is_like(&label.name, &pattern));
    Ok(found)
}

/// A label and those below it. None where no file has the label itself, even if there are some below.
pub(crate) fn labels_from(db: &Connection, colony_name: &str, label: &str) -> Result<Vec<Label>> {
    let mut found = labels(db, colony_name)?;
    if !found.iter().any(|found| found.name == label) {
        return Ok(Vec::new());
    }
    let below = format!("{label}/%");
    found.retain(|found| found.name == label || is_like(&found.name, &below));
    Ok(found)
}

/// Removes one version.
pub(crate) fn remove(db: &Connection, colony_name: &str, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM files WHERE id = ? AND colony_name = ?")?.execute([id, colony_name])?;
    Ok(())
}

/// Removes all versions of a file.
pub(crate) fn remove_versions(db: &Connection, colony_name: &str, label: &str, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM files WHERE colony_name = ? AND label = ? AND name = ?")?.execute([
        colony_name,
        label,
        name,
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn store(labels: &[&str]) -> Connection {
        let db = crate::store::open(None).unwrap();
        for (number, label) in labels.iter().enumerate() {
            let file = File {
                id: number.to_string(),
                colony_name: "dev".to_owned(),
                label: (*label).to_owned(),
                name: "data.txt".to_owned(),
                ..File::default()
            };
            add(&db, &file).unwrap();
        }
        db
    }

    fn names(labels: Vec<Label>) -> Vec<String> {
        labels.into_iter().map(|label| label.name).collect()
    }

    #[test]
    fn a_label_is_found_with_those_below_it_and_not_with_its_namesakes() {
        let db = store(&["/a", "/a", "/a/b", "/a/b/c", "/ab", "/x"]);
        assert_eq!(names(labels_from(&db, "dev", "/a").unwrap()), ["/a", "/a/b", "/a/b/c"]);
        assert_eq!(names(labels_like(&db, "dev", "/a").unwrap()), ["/a", "/a/b", "/a/b/c", "/ab"]);
        assert_eq!(labels(&db, "dev").unwrap()[0], Label { name: "/a".to_owned(), files: 2 });
    }

    #[test]
    fn labels_below_one_without_files_are_not_found() {
        let db = store(&["/only/below"]);
        assert_eq!(names(labels_from(&db, "dev", "/only").unwrap()), [""; 0]);
        assert_eq!(names(labels_like(&db, "dev", "/only").unwrap()), ["/only/below"]);
    }

    #[test]
    fn numbers_of_removed_versions_are_not_used_again() {
        let db = store(&["/a", "/a"]);
        remove(&db, "dev", "1").unwrap();
        let file = File { id: "2".to_owned(), colony_name: "dev".to_owned(), ..File::default() };
        assert_eq!(add(&db, &file).unwrap(), 3);
    }

    #[test]
    fn keys_are_not_shown() {
        let object = S3Object {
            access_key: "AK-text".to_owned(),
            secret_key: "SK-text".to_owned(),
            encryption_key: "EK-text".to_owned(),
            ..S3Object::default()
        };
        assert!(!format!("{object:?}").contains("K-text"));
    }
}
