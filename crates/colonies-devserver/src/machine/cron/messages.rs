//! Messages on crons.

use super::expression::Expression;
use super::fire;
use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::workflow::submit::{initiator, parse};
use crate::machine::{Answer, CHECKER_PERIOD, Context, Outcome, Refusal, check_count};
use crate::store::crons::{self, Cron};
use crate::wire::Time;

messages! {
    Add { cron: Option<Cron> = "cron" }
    One { cron_id: String = "cronid" }
    List { colony_name: String = "colonyname", count: i64 = "count" }
}

pub(in crate::machine) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut cron = message.cron.ok_or_else(|| Refusal::bad_request("Failed to add cron, msg.Cron is nil"))?;
    let member = member(context, &cron.colony_name)?;
    cron.colony_name.clone_from(&member.colony_name);
    let workflow = parse(&cron.workflow_spec)?;
    if cron.interval == 0 {
        return Err(Refusal::bad_request("Cron interval must be -1 (disabled) or larger than 0"));
    }
    if cron.interval == -1 {
        Expression::parse(&cron.expression).map_err(Refusal::bad_request)?;
        if cron.random {
            return Err(Refusal::bad_request("Random cron is only supported when specifying intervals"));
        }
    }
    let initiator = initiator(context, &member, &workflow.colony_name)?;
    if crons::has_name(context.db, &cron.colony_name, &cron.name)? {
        return Err(Refusal::bad_request(format!(
            "Cron with name <{}> in Colony <{}> already exists",
            cron.name, cron.colony_name
        )));
    }
    cron.id = (context.new_id)();
    cron.initiator_id = initiator.id;
    cron.initiator_name = initiator.name;
    cron.next_run = Time::ZERO;
    cron.checker_period = 0;
    crons::add(context.db, &cron)?;
    Ok(Answer::json(&cron))
}

/// A cron without a next run shows the zero time.
fn shown(mut cron: Cron) -> Cron {
    if cron.next_run == Time::NEVER {
        cron.next_run = Time::ZERO;
    }
    cron
}

pub(in crate::machine) fn get(context: &mut Context<'_>, message: One) -> Outcome {
    let cron = crons::get(context.db, &message.cron_id)?
        .ok_or_else(|| Refusal::internal("Failed to get cron, cron is nil"))?;
    member(context, &cron.colony_name)?;
    let cron = shown(context.change.shown_cron(cron));
    Ok(Answer::json(&Cron { checker_period: CHECKER_PERIOD, ..cron }))
}

pub(in crate::machine) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = member(context, &message.colony_name)?;
    check_count(message.count)?;
    let found = crons::list(context.db, &member.colony_name, message.count)?;
    Ok(Answer::json(
        &found.into_iter().map(|cron| shown(context.change.shown_cron(cron))).collect::<Vec<_>>(),
    ))
}

/// The cron runs before the rights of the caller are checked: a refusal keeps its changes.
pub(in crate::machine) fn run(context: &mut Context<'_>, message: One) -> Outcome {
    let cron =
        crons::get(context.db, &message.cron_id)?.ok_or_else(|| Refusal::bad_request("cron not found"))?;
    // A Colonies server runs the cron first and refuses strangers afterwards.
    if context.settings.realistic.is_none() {
        member(context, &cron.colony_name)?;
    }
    fire(context, cron.clone())?;
    member(context, &cron.colony_name).map_err(Refusal::keeping_changes)?;
    Ok(Answer::json(&shown(cron)))
}

pub(in crate::machine) fn remove(context: &mut Context<'_>, message: One) -> Outcome {
    let cron = crons::get(context.db, &message.cron_id)?
        .ok_or_else(|| Refusal::internal("Failed to remove cron, cron is nil"))?;
    member(context, &cron.colony_name)?;
    crons::remove(context.db, &cron.id)?;
    Ok(Answer::empty())
}
