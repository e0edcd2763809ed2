//! Messages on users.

use super::access::{existing_colony, loose_member, owner};
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::users::{self, User};

messages! {
    Add { user: Option<User> = "user" }
    Named { colony_name: String = "colonyname", name: String = "name" }
    ById { colony_name: String = "colonyname", user_id: String = "userid" }
    List { colony_name: String = "colonyname" }
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut user = message.user.ok_or_else(|| Refusal::bad_request("Failed to add user, executor is nil"))?;
    existing_colony(context, &user.colony_name)?;
    let given = user.colony_name;
    user.colony_name = owner(context, &given)?.name;
    if users::by_name(context.db, &user.colony_name, &user.name)?.is_some() {
        return Err(Refusal::bad_request(format!(
            "A user with name <{}> already exists in Colony with name <{given}>",
            user.name
        )));
    }
    users::add(context.db, &user)?;
    Ok(Answer::json(&user))
}

pub(super) fn get(context: &mut Context<'_>, message: Named) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let member = loose_member(context, &message.colony_name)?;
    match users::by_name(context.db, &member.colony_name, &message.name)? {
        Some(user) => Ok(Answer::json(&user)),
        None => Err(Refusal::internal("Failed to get user, user is nil")),
    }
}

pub(super) fn get_by_id(context: &mut Context<'_>, message: ById) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let member = loose_member(context, &message.colony_name)?;
    match users::by_id(context.db, &member.colony_name, &message.user_id)? {
        Some(user) => Ok(Answer::json(&user)),
        None => Err(Refusal::not_found("Failed to get user by ID, user is nil")),
    }
}

pub(super) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let member = loose_member(context, &message.colony_name)?;
    Ok(Answer::list(&users::list(context.db, &member.colony_name)?))
}

pub(super) fn remove(context: &mut Context<'_>, message: Named) -> Outcome {
    existing_colony(context, &message.colony_name)?;
    let colony = owner(context, &message.colony_name)?;
    if users::by_name(context.db, &colony.name, &message.name)?.is_none() {
        return Err(Refusal::bad_request(format!("User with name <{}> not found", message.name)));
    }
    users::remove(context.db, &colony.name, &message.name)?;
    Ok(Answer::empty())
}

pub(super) fn change_id(context: &mut Context<'_>, message: ById) -> Outcome<()> {
    if message.user_id.is_empty() {
        return Err(Refusal::bad_request("Failed to change user Id, user Id is empty"));
    }
    let member = loose_member(context, &message.colony_name)?;
    let user = users::by_id(context.db, &member.colony_name, context.caller)?
        .ok_or_else(|| Refusal::bad_request("Failed to change user Id, user not found"))?;
    if message.user_id.len() != 64 {
        return Err(Refusal::bad_request("Failed to change user Id, new user Id is not 64 characters"));
    }
    users::set_id(context.db, &member.colony_name, &user.name, &message.user_id)?;
    Ok(())
}
