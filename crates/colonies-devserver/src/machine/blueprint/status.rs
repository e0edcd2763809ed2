//! The status of a blueprint.

use super::existing;
use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome};
use crate::store::blueprints::{self, Object};

messages! {
    Update { colony_name: String = "colonyname", name: String = "blueprintname", status: Object = "status" }
}

/// Replaces the status only. This is not a change of the blueprint.
pub(in crate::machine) fn update(context: &mut Context<'_>, message: Update) -> Outcome {
    let member = member(context, &message.colony_name)?;
    let mut blueprint = existing(context, &member.colony_name, &message.name)?;
    blueprint.status = message.status;
    blueprints::update(context.db, &blueprint)?;
    Ok(Answer::empty())
}
