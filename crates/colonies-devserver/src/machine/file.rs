//! Messages on files. The server stores records only; the content is in S3.

use serde::Serialize;

use super::access::member;
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::files::{self, File};

messages! {
    Add { file: Option<File> = "file" }
    Get {
        colony_name: String = "colonyname",
        file_id: String = "fileid",
        label: String = "label",
        name: String = "name",
        latest: bool = "latest",
    }
    List { colony_name: String = "colonyname", label: String = "label" }
    Labels { colony_name: String = "colonyname", name: String = "name", exact: bool = "exact" }
    Remove {
        colony_name: String = "colonyname",
        file_id: String = "fileid",
        label: String = "label",
        name: String = "name",
    }
}

/// A file in the list of a label.
#[derive(Serialize)]
struct Listed {
    name: String,
    checksum: String,
    size: i64,
    #[serde(rename = "s3filename")]
    object: String,
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut file = message.file.ok_or_else(|| Refusal::bad_request("Failed to add file, msg.File is nil"))?;
    file.colony_name = member(context, &file.colony_name)?.colony_name;
    if !file.is_storable() {
        // A Colonies server has no word for this: the message succeeds, and there is no file.
        return Ok(Answer::Json(b"null".to_vec()));
    }
    file.id = (context.new_id)();
    file.added = context.now;
    "s3".clone_into(&mut file.reference.protocol);
    file.sequence = files::add(context.db, &file)?;
    Ok(Answer::json(&file))
}

pub(super) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let Get { file_id, label, name, .. } = &message;
    let colony_name = member(context, &message.colony_name)?.colony_name;
    if !file_id.is_empty() {
        let file = files::by_id(context.db, &colony_name, file_id)?
            .ok_or_else(|| Refusal::bad_request("Failed to get file"))?;
        return Ok(Answer::json(&[file]));
    }
    if label.is_empty() || name.is_empty() {
        return Err(Refusal::internal("malformatted get file msg"));
    }
    let found = if message.latest {
        files::newest_version(context.db, &colony_name, label, name)?.into_iter().collect()
    } else {
        files::versions(context.db, &colony_name, label, name)?
    };
    if found.is_empty() { Err(Refusal::not_found("Failed to get file")) } else { Ok(Answer::json(&found)) }
}

pub(super) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = member(context, &message.colony_name)?;
    let found = files::newest_of_label(context.db, &member.colony_name, &message.label)?;
    let listed: Vec<Listed> = found
        .into_iter()
        .map(|file| Listed {
            name: file.name,
            checksum: file.checksum,
            size: file.size,
            object: file.reference.object.object,
        })
        .collect();
    Ok(Answer::json(&listed))
}

/// Without a name: all labels. Exact: the label and those below it. Else all that begin with the name, in
/// which `%` and `_` stand for any text and any character.
pub(super) fn labels(context: &mut Context<'_>, message: Labels) -> Outcome {
    let colony_name = member(context, &message.colony_name)?.colony_name;
    let found = if message.name.is_empty() {
        files::labels(context.db, &colony_name)?
    } else if message.exact {
        files::labels_from(context.db, &colony_name, &message.name)?
    } else {
        files::labels_like(context.db, &colony_name, &message.name)?
    };
    Ok(Answer::list(&found))
}

/// An id removes one version; a label and a name remove all versions. Missing files are not an error.
pub(super) fn remove(context: &mut Context<'_>, message: Remove) -> Outcome {
    let Remove { file_id, label, name, .. } = &message;
    let colony_name = member(context, &message.colony_name)?.colony_name;
    if !file_id.is_empty() {
        files::remove(context.db, &colony_name, file_id)?;
    } else if !label.is_empty() && !name.is_empty() {
        files::remove_versions(context.db, &colony_name, label, name)?;
    } else {
        return Err(Refusal::bad_request("malformatted remove file msg"));
    }
    Ok(Answer::empty())
}
