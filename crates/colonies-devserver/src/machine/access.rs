//! Access rules. Rights do not add up: an owner is not a member of its colony.

use rusqlite::Connection;

use super::executor::STALE_AFTER_SECONDS;
use super::{Context, Outcome, Refusal};
use crate::store::colonies::{self, Colony};
use crate::store::executors::{self, APPROVED, Identity, UNREGISTERED};
use crate::store::{self, settings, users};
use crate::wire::Time;

/// A member of a colony: one of its users or executors.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) colony_name: String,
    pub(super) id: String,
    pub(super) name: String,
    /// There where the caller is an executor.
    pub(super) executor: Option<Identity>,
}

/// The colony of that name; where there is none, the one of that id, as callers of older programs name it.
pub(super) fn find_colony(db: &Connection, name: &str) -> store::Result<Option<Colony>> {
    match colonies::by_name(db, name)? {
        None if name.len() == 64 => colonies::by_id(db, name),
        found => Ok(found),
    }
}

fn unknown_colony(name: &str) -> String {
    format!("Colony with name <{name}> does not exists")
}

/// The colony, for messages that say with status 400 that it is not there.
pub(super) fn existing_colony(context: &Context<'_>, name: &str) -> Outcome<Colony> {
    find_colony(context.db, name)?.ok_or_else(|| Refusal::bad_request(unknown_colony(name)))
}

/// Lets the server owner pass.
pub(super) fn server_owner(context: &Context<'_>) -> Outcome<()> {
    if settings::server_id(context.db)?.as_deref() == Some(context.caller) {
        Ok(())
    } else {
        Err(Refusal::forbidden("Access denied, not server owner"))
    }
}

/// Lets the owner of a colony pass.
pub(super) fn owner(context: &Context<'_>, colony_name: &str) -> Outcome<Colony> {
    if colony_name.is_empty() {
        return Err(Refusal::forbidden("Empty Colony name"));
    }
    let colony = find_colony(context.db, colony_name)?
        .ok_or_else(|| Refusal::forbidden(unknown_colony(colony_name)))?;
    if colony.id == context.caller {
        Ok(colony)
    } else {
        Err(Refusal::forbidden("Access denied, not colony owner"))
    }
}

/// Lets the approved executors and the users of a colony pass.
pub(super) fn member(context: &Context<'_>, colony_name: &str) -> Outcome<Member> {
    belonging(context, colony_name, true)
}

/// Lets the executors of a colony pass, in whatever state, and its users.
pub(super) fn loose_member(context: &Context<'_>, colony_name: &str) -> Outcome<Member> {
    belonging(context, colony_name, false)
}

fn belonging(context: &Context<'_>, colony_name: &str, approved: bool) -> Outcome<Member> {
    let colony = find_colony(context.db, colony_name)?
        .ok_or_else(|| Refusal::forbidden(unknown_colony(colony_name)))?;
    if let Some(member) = find_member(context.db, &colony.name, context.caller, approved)? {
        return Ok(member);
    }
    let silence = silence(context, &colony.name)?;
    Err(Refusal::forbidden(format!(
        "Access denied, not a member of Colony with name <{colony_name}>{silence}"
    )))
}

/// A text for a caller that is an executor unregistered for missing heartbeats; empty for others.
pub(super) fn silence(context: &Context<'_>, colony_name: &str) -> Outcome<String> {
    let since = context.now.plus_seconds(-STALE_AFTER_SECONDS);
    let silent = executors::by_id(context.db, context.caller)?.into_iter().find(|executor| {
        executor.colony_name == colony_name
            && executor.state == UNREGISTERED
            && executor.last_heard_from_time != Time::ZERO
            && executor.last_heard_from_time <= since
    });
    Ok(silent.map_or_else(String::new, |executor| {
        format!(
            ": executor <{}> was unregistered after {STALE_AFTER_SECONDS} s without assign; approve it again",
            executor.name
        )
    }))
}

/// The member of a colony with an id.
pub(super) fn find_member(
    db: &Connection,
    colony_name: &str,
    id: &str,
    approved: bool,
) -> store::Result<Option<Member>> {
    let executor = executors::identity(db, colony_name, id)?;
    let executor = executor.filter(|executor| !approved || executor.state == APPROVED);
    let name = match &executor {
        Some(executor) => Some(executor.name.clone()),
        None => users::by_id(db, colony_name, id)?.map(|user| user.name),
    };
    Ok(name.map(|name| Member { colony_name: colony_name.to_owned(), id: id.to_owned(), name, executor }))
}
