//! Messages on snapshots.

use super::access::member;
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::files;
use crate::store::snapshots::{self, Snapshot};

messages! {
    Create { colony_name: String = "colonyname", label: String = "label", name: String = "name" }
    One { colony_name: String = "colonyname", snapshot_id: String = "snapshotid", name: String = "name" }
    All { colony_name: String = "colonyname" }
}

pub(super) fn create(context: &mut Context<'_>, message: Create) -> Outcome {
    let colony_name = member(context, &message.colony_name)?.colony_name;
    if snapshots::by_name(context.db, &colony_name, &message.name)?.is_some() {
        return Err(Refusal::internal(format!(
            "Snapshot with name <{}> in Colony <{}> already exists",
            message.name, message.colony_name
        )));
    }
    let label = frozen_label(&message.label);
    let file_ids = newest_files(context, &colony_name, label)?;
    let snapshot = Snapshot {
        id: (context.new_id)(),
        colony_name,
        label: label.to_owned(),
        name: message.name,
        file_ids: Some(file_ids).filter(|ids| !ids.is_empty()),
        added: context.now,
    };
    snapshots::add(context.db, &snapshot)?;
    Ok(Answer::json(&snapshot))
}

/// The label under which a snapshot looks: without the last slash, so that the root is the empty label.
fn frozen_label(label: &str) -> &str {
    label.strip_suffix('/').unwrap_or(label)
}

/// The newest version of every file with a label or one below it.
fn newest_files(context: &Context<'_>, colony_name: &str, label: &str) -> Outcome<Vec<String>> {
    let mut ids = Vec::new();
    for label in files::labels_from(context.db, colony_name, label)? {
        let newest = files::newest_of_label(context.db, colony_name, &label.name)?;
        ids.extend(newest.into_iter().map(|file| file.id));
    }
    Ok(ids)
}

/// A snapshot with a colon in its name can be made and removed, and not be read.
fn check_readable(snapshot: &Snapshot) -> Outcome<()> {
    if snapshot.name.contains(':') { Err(Refusal::internal("invalid split name")) } else { Ok(()) }
}

pub(super) fn get(context: &mut Context<'_>, message: One) -> Outcome {
    let One { snapshot_id, name, .. } = &message;
    let colony_name = member(context, &message.colony_name)?.colony_name;
    let not_found = |what: &str, value: &str| {
        Refusal::internal(format!(
            "Snapshot not found with {what} <{value}> in Colony <{}> does not exists",
            message.colony_name
        ))
    };
    let snapshot = if !snapshot_id.is_empty() {
        snapshots::by_id(context.db, &colony_name, snapshot_id)?
            .ok_or_else(|| not_found("Id", snapshot_id))?
    } else if !name.is_empty() {
        snapshots::by_name(context.db, &colony_name, name)?.ok_or_else(|| not_found("name", name))?
    } else {
        return Err(Refusal::internal("Failed to get snapshot, malformatted msg"));
    };
    check_readable(&snapshot)?;
    Ok(Answer::json(&snapshot))
}

pub(super) fn list(context: &mut Context<'_>, message: All) -> Outcome {
    let member = member(context, &message.colony_name)?;
    let found = snapshots::list(context.db, &member.colony_name)?;
    found.iter().try_for_each(check_readable)?;
    Ok(Answer::list(&found))
}

/// Missing records are not an error.
pub(super) fn remove(context: &mut Context<'_>, message: One) -> Outcome {
    let One { snapshot_id, name, .. } = &message;
    let colony_name = member(context, &message.colony_name)?.colony_name;
    if !snapshot_id.is_empty() {
        snapshots::remove(context.db, &colony_name, snapshot_id)?;
    } else if !name.is_empty() {
        snapshots::remove_by_name(context.db, &colony_name, name)?;
    } else {
        return Err(Refusal::internal("Failed to remove snapsnot, malformatted msg"));
    }
    Ok(Answer::empty())
}

pub(super) fn remove_all(context: &mut Context<'_>, message: All) -> Outcome {
    let member = member(context, &message.colony_name)?;
    snapshots::remove_all(context.db, &member.colony_name)?;
    Ok(Answer::empty())
}

#[cfg(test)]
mod tests {
    use super::frozen_label;

    #[test]
    fn one_slash_at_the_end_of_a_label_is_dropped() {
        for (given, wanted) in [
            ("/data", "/data"),
            ("/data/", "/data"),
            ("/data//", "/data/"),
            ("/", ""),
            ("", ""),
            ("data", "data"),
        ] {
            assert_eq!(frozen_label(given), wanted, "{given}");
        }
    }
}
