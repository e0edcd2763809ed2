//! Removing a blueprint.

use super::{existing, handler, member_or_owner};
use crate::machine::message::messages;
use crate::machine::process::submit::start;
use crate::machine::{Answer, Context, Outcome};
use crate::store::blueprints::{self, definitions};
use crate::store::crons;

messages! {
    Remove { colony_name: String = "namespace", name: String = "name" }
}

/// The cron is removed with the last blueprint that it handles. The history stays.
pub(in crate::machine) fn remove(context: &mut Context<'_>, message: Remove) -> Outcome {
    let keeper = member_or_owner(context, &message.colony_name)?;
    let blueprint = existing(context, &keeper.colony_name, &message.name)?;
    blueprints::remove(context.db, &blueprint.id)?;
    let left = blueprints::of_kind(context.db, &keeper.colony_name, &blueprint.kind)?;
    if !left.iter().any(|other| other.metadata.location_name == blueprint.metadata.location_name) {
        crons::remove_by_name(context.db, &keeper.colony_name, &handler::cron_name(&blueprint))?;
    }
    let definition = definitions::of_kind(context.db, &keeper.colony_name, &blueprint.kind)?;
    if let Some(definition) = definition
        && !definition.spec.handler.executor_type.is_empty()
    {
        start(context, &keeper.initiator, handler::clean_up(&definition.spec.handler, &blueprint))?;
    }
    Ok(Answer::empty())
}
