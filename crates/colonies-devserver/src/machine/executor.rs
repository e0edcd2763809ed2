//! Messages on executors, and the consequences of removing one.

use std::time::Duration;

use super::access::{loose_member, member, owner};
use super::message::messages;
use super::process::transition;
use super::{Answer, Asker, Context, Outcome, Refusal};
use crate::store::executors::{
    self, APPROVED, Allocations, Capabilities, Executor, Identity, PENDING, REJECTED, UNREGISTERED,
};
use crate::store::{functions, processes};
use crate::wire::Time;

messages! {
    Add { executor: Option<Executor> = "executor" }
    Named { colony_name: String = "colonyname", executor_name: String = "executorname" }
    ById { _colony_name: String = "colonyname", executor_id: String = "executorid" }
    ChangeId { colony_name: String = "colonyname", executor_id: String = "executorid" }
    List { colony_name: String = "colonyname" }
    Update {
        colony_name: String = "colonyname",
        executor_name: String = "executorname",
        capabilities: Capabilities = "capabilities",
    }
    ReportAllocation {
        colony_name: String = "colonyname",
        executor_name: String = "executorname",
        allocations: Allocations = "allocations",
    }
}

/// Adds an executor, pending until it is approved. A name that is there already is registered again, where
/// the server is set up so: the record is used anew, and what the old executor held goes back.
pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut executor =
        message.executor.ok_or_else(|| Refusal::bad_request("Failed to add executor, executor is nil"))?;
    let given = executor.colony_name;
    executor.colony_name = owner(context, &given)?.name;
    if let Some(old) = executors::by_name(context.db, &executor.colony_name, &executor.name)? {
        if !context.settings.allow_reregister {
            return Err(Refusal::bad_request(format!(
                "Executor with name <{}> in Colony <{given}> already exists",
                executor.name
            )));
        }
        unregister(context, &old.colony_name, &old.name)?;
        executor.require_func_reg = old.require_func_reg;
    }
    executor.state = PENDING;
    executor.commission_time = context.now;
    executors::put(context.db, &executor)?;
    Ok(Answer::json(&executor))
}

fn find(context: &Context<'_>, message: &Named, failed: &str) -> Outcome<Executor> {
    let colony = super::access::find_colony(context.db, &message.colony_name)?;
    let found = match colony {
        Some(colony) => executors::by_name(context.db, &colony.name, &message.executor_name)?,
        None => None,
    };
    found.ok_or_else(|| Refusal::internal(format!("{failed}, executor is nil")))
}

/// The executor is looked up before the rights of the caller are checked.
pub(super) fn get(context: &mut Context<'_>, message: Named) -> Outcome {
    let executor = find(context, &message, "Failed to get executor")?;
    member(context, &message.colony_name)?;
    Ok(Answer::json(&executor))
}

/// Identities need not be unique: of several executors, the first in a colony of the caller's.
pub(super) fn get_by_id(context: &mut Context<'_>, message: ById) -> Outcome {
    let mut refusal = Refusal::not_found("Failed to get executor by ID, executor is nil");
    for executor in executors::by_id(context.db, &message.executor_id)? {
        match member(context, &executor.colony_name) {
            Ok(_) => return Ok(Answer::json(&executor)),
            Err(refused) => refusal = refused,
        }
    }
    Err(refusal)
}

pub(super) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = loose_member(context, &message.colony_name)?;
    Ok(Answer::list(&executors::list(context.db, &member.colony_name)?))
}

pub(super) fn approve(context: &mut Context<'_>, message: Named) -> Outcome {
    let executor = find(context, &message, "Failed to approve executor")?;
    owner(context, &message.colony_name)?;
    executors::set_state(context.db, &executor.colony_name, &executor.name, APPROVED)?;
    Ok(Answer::empty())
}

pub(super) fn reject(context: &mut Context<'_>, message: Named) -> Outcome {
    let executor = find(context, &message, "Failed to reject executor")?;
    owner(context, &message.colony_name)?;
    executors::set_state(context.db, &executor.colony_name, &executor.name, REJECTED)?;
    Ok(Answer::empty())
}

pub(super) fn remove(context: &mut Context<'_>, message: Named) -> Outcome {
    let executor = find(context, &message, "Failed to remove executor")?;
    owner(context, &message.colony_name)?;
    unregister(context, &executor.colony_name, &executor.name)?;
    Ok(Answer::empty())
}

/// Takes an executor out of service: its record stays, its functions go, its processes wait again.
pub(super) fn unregister(context: &mut Context<'_>, colony_name: &str, name: &str) -> Outcome<()> {
    let Some(executor) = executors::identity_by_name(context.db, colony_name, name)? else { return Ok(()) };
    executors::set_state(context.db, colony_name, name, UNREGISTERED)?;
    functions::remove_all(context.db, colony_name, name)?;
    for process in processes::held_by(context.db, colony_name, &executor.id)? {
        transition::give_back(context, process)?;
    }
    Ok(())
}

/// Takes all executors out of service that have not been heard of for too long.
pub(super) fn unregister_silent(context: &mut Context<'_>) -> Outcome<()> {
    let since = context.now.plus_seconds(-STALE_AFTER_SECONDS);
    for (colony_name, name) in executors::not_heard_since(context.db, since)? {
        unregister(context, &colony_name, &name)?;
    }
    Ok(())
}

/// Refreshes the heartbeats of executors that wait in a long poll. Called before executors are judged lost.
pub(crate) fn keep_heard<'a, W: Iterator<Item = &'a Asker>>(
    context: &Context<'_>,
    waiting: impl FnOnce() -> W,
) -> Outcome<()> {
    if next_silent(context)?.is_some_and(|silent| silent <= context.now) {
        for asker in waiting() {
            executors::set_heard(context.db, &asker.colony_name, &asker.name, context.now)?;
        }
    }
    Ok(())
}

/// Refreshes all heartbeats before the clock jumps: the executors had no time to send one.
pub(crate) fn keep_heard_after_jump(context: &Context<'_>, jump: Duration) -> Outcome<()> {
    let micros = i64::try_from(jump.as_micros()).unwrap_or(i64::MAX);
    executors::shift_heard(context.db, micros)?;
    Ok(())
}

/// How long an executor that has requested a process may stay without a heartbeat.
pub(super) const STALE_AFTER_SECONDS: i64 = 600;

/// When the next executor has been silent for too long.
pub(super) fn next_silent(context: &Context<'_>) -> Outcome<Option<Time>> {
    let heard = executors::longest_silent(context.db)?;
    Ok(heard.map(|heard| heard.plus_seconds(STALE_AFTER_SECONDS).next_second()))
}

/// The executor of that name, if the caller is it.
fn oneself(
    context: &Context<'_>,
    colony_name: &str,
    name: &str,
    refusal: &str,
) -> Outcome<(String, Identity)> {
    let member = loose_member(context, colony_name)?;
    let executor = executors::identity_by_name(context.db, &member.colony_name, name)?
        .ok_or_else(|| Refusal::bad_request(format!("Executor with name <{name}> does not exist")))?;
    if executor.id != context.caller {
        return Err(Refusal::bad_request(refusal));
    }
    Ok((member.colony_name, executor))
}

pub(super) fn update(context: &mut Context<'_>, message: Update) -> Outcome {
    let refusal = "Only an executor can update its own capabilities";
    let (colony, executor) = oneself(context, &message.colony_name, &message.executor_name, refusal)?;
    executors::set_capabilities(context.db, &colony, &executor.name, &message.capabilities)?;
    Ok(Answer::empty())
}

pub(super) fn report_allocation(context: &mut Context<'_>, message: ReportAllocation) -> Outcome {
    let refusal = "Only an executor can report allocations to itself";
    let (colony, executor) = oneself(context, &message.colony_name, &message.executor_name, refusal)?;
    executors::set_allocations(context.db, &colony, &executor.name, &message.allocations)?;
    Ok(Answer::empty())
}

/// What runs stays with the old identity.
pub(super) fn change_id(context: &mut Context<'_>, message: ChangeId) -> Outcome<()> {
    if message.executor_id.is_empty() {
        return Err(Refusal::bad_request("Failed to change executor Id, executor Id is empty"));
    }
    let member = loose_member(context, &message.colony_name)?;
    let executor = member
        .executor
        .ok_or_else(|| Refusal::bad_request("Failed to change executor Id, executor not found"))?;
    if message.executor_id.len() != 64 {
        return Err(Refusal::bad_request(
            "Failed to change executor Id, new executor Id is not 64 characters",
        ));
    }
    executors::set_id(context.db, &member.colony_name, &executor.name, &message.executor_id)?;
    Ok(())
}
