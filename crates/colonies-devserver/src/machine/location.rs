//! Messages on locations.

use super::access::{existing_colony, loose_member, owner};
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::locations::{self, Location};

messages! {
    Add { location: Option<Location> = "location" }
    Named { colony_name: String = "colonyname", name: String = "name" }
    List { colony_name: String = "colonyname" }
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut location =
        message.location.ok_or_else(|| Refusal::bad_request("Failed to add location, location is nil"))?;
    existing_colony(context, &location.colony_name)?;
    let given = location.colony_name;
    location.colony_name = owner(context, &given)?.name;
    if locations::by_name(context.db, &location.colony_name, &location.name)?.is_some() {
        return Err(Refusal::bad_request(format!(
            "A location with name <{}> already exists in Colony with name <{given}>",
            location.name
        )));
    }
    locations::add(context.db, &location)?;
    Ok(Answer::json(&location))
}

pub(super) fn get(context: &mut Context<'_>, message: Named) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let member = loose_member(context, &message.colony_name)?;
    match locations::by_name(context.db, &member.colony_name, &message.name)? {
        Some(location) => Ok(Answer::json(&location)),
        None => Err(Refusal::not_found("Failed to get location, location is nil")),
    }
}

pub(super) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let member = loose_member(context, &message.colony_name)?;
    Ok(Answer::list(&locations::list(context.db, &member.colony_name)?))
}

pub(super) fn remove(context: &mut Context<'_>, message: Named) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let colony = owner(context, &message.colony_name)?;
    if locations::by_name(context.db, &colony.name, &message.name)?.is_none() {
        return Err(Refusal::bad_request(format!("Location with name <{}> not found", message.name)));
    }
    locations::remove(context.db, &colony.name, &message.name)?;
    Ok(Answer::empty())
}
