//! Messages on colonies.

use super::access::{existing_colony, find_colony, member, owner, server_owner};
use super::message::messages;
use super::server::Statistics;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::colonies::{self, Colony};
use crate::store::{executors, graphs, processes};

messages! {
    Add { colony: Option<Colony> = "colony" }
    Named { colony_name: String = "colonyname" }
    List {}
    ChangeId { colony_name: String = "colonyname", colony_id: String = "colonyid" }
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    server_owner(context)?;
    let colony =
        message.colony.ok_or_else(|| Refusal::bad_request("Failed to add colony, colony is <nil>"))?;
    if colony.id.len() != 64 {
        return Err(Refusal::bad_request("Failed to add colony, invalid colony Id length"));
    }
    if colonies::by_name(context.db, &colony.name)?.is_some() {
        return Err(Refusal::bad_request(format!("A Colony with name <{}> already exists", colony.name)));
    }
    colonies::add(context.db, &colony)?;
    Ok(Answer::json(&colony))
}

fn not_found(name: &str) -> Refusal {
    Refusal::bad_request(format!("Colony with name <{name}> not found"))
}

pub(super) fn remove(context: &mut Context<'_>, message: Named) -> Outcome {
    server_owner(context)?;
    let colony = find_colony(context.db, &message.colony_name)?;
    let colony = colony.ok_or_else(|| not_found(&message.colony_name))?;
    colonies::remove(context.db, &colony.name)?;
    Ok(Answer::empty())
}

pub(super) fn list(context: &mut Context<'_>, _: List) -> Outcome {
    server_owner(context)?;
    Ok(Answer::list(&colonies::list(context.db)?))
}

pub(super) fn get(context: &mut Context<'_>, message: Named) -> Outcome {
    let member = member(context, &message.colony_name)?;
    Ok(Answer::json(&existing_colony(context, &member.colony_name)?))
}

/// Counts removed executors, too. Non-members receive an empty answer.
pub(super) fn statistics(context: &mut Context<'_>, message: Named) -> Outcome {
    if find_colony(context.db, &message.colony_name)?.is_none() {
        return Err(not_found(&message.colony_name));
    }
    let Ok(member) = member(context, &message.colony_name) else { return Ok(Answer::Nothing) };
    let colony_name = member.colony_name.as_str();
    let executors = executors::counts(context.db, Some(colony_name))?;
    let [_, active_executors, _, unregistered_executors] = executors;
    let [waiting, running, successful, failed, cancelled] = processes::counts(context.db, Some(colony_name))?;
    let workflows = graphs::counts(context.db, Some(colony_name))?;
    Ok(Answer::json(&Statistics {
        colonies: 1,
        executors: executors.iter().sum(),
        active_executors,
        unregistered_executors,
        waiting_processes: waiting,
        running_processes: running,
        successful_processes: successful,
        failed_processes: failed,
        cancelled_processes: cancelled,
        waiting_workflows: workflows[0],
        running_workflows: workflows[1],
        successful_workflows: workflows[2],
        failed_workflows: workflows[3],
        cancelled_workflows: workflows[4],
    }))
}

pub(super) fn change_id(context: &mut Context<'_>, message: ChangeId) -> Outcome<()> {
    if message.colony_id.is_empty() {
        return Err(Refusal::bad_request("Failed to change colony Id, colony Id is empty"));
    }
    let colony = owner(context, &message.colony_name)?;
    if message.colony_id.len() != 64 {
        return Err(Refusal::bad_request("Failed to change colony Id, new colony Id is not 64 characters"));
    }
    colonies::set_id(context.db, &colony.name, &message.colony_id)?;
    Ok(())
}
