//! Reading one blueprint, lists and the history.

use super::{existing, member_or_owner};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::blueprints::{self, history};

messages! {
    Get { colony_name: String = "namespace", name: String = "name" }
    List { colony_name: String = "namespace", kind: String = "kind", location_name: String = "locationname" }
    History { blueprint_id: String = "blueprintid", limit: i64 = "limit" }
}

pub(in crate::machine) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let keeper = member_or_owner(context, &message.colony_name)?;
    Ok(Answer::json(&existing(context, &keeper.colony_name, &message.name)?))
}

/// Of all kinds, of a kind, or of a kind at a location, in whatever letters that is written.
pub(in crate::machine) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let colony_name = member_or_owner(context, &message.colony_name)?.colony_name;
    if message.kind.is_empty() {
        return Ok(Answer::list(&blueprints::list(context.db, &colony_name)?));
    }
    let mut found = blueprints::of_kind(context.db, &colony_name, &message.kind)?;
    let location = message.location_name.to_lowercase();
    found.retain(|blueprint| {
        location.is_empty() || blueprint.metadata.location_name.to_lowercase() == location
    });
    Ok(Answer::list(&found))
}

/// The history of an existing blueprint: the rights are those in its colony.
pub(in crate::machine) fn changes(context: &mut Context<'_>, message: History) -> Outcome {
    let blueprint = blueprints::by_id(context.db, &message.blueprint_id)?
        .ok_or_else(|| Refusal::not_found("Blueprint not found"))?;
    member_or_owner(context, &blueprint.metadata.colony_name)?;
    let limit = if message.limit > 0 { message.limit } else { -1 };
    Ok(Answer::json(&history::list(context.db, &blueprint.id, limit)?))
}
