//! Reading one process, lists and histories.

use super::find;
use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal, check_count};
use crate::store::processes::{self, Filter, Process};
use crate::store::{State, users};

messages! {
    Get { process_id: String = "processid" }
    List {
        colony_name: String = "colonyname",
        count: i64 = "count",
        state: i64 = "state",
        executor_type: String = "executortype",
        label: String = "label",
        initiator: String = "initiator",
    }
    History {
        colony_name: String = "colonyname",
        executor_id: String = "executorid",
        seconds: i64 = "seconds",
        state: i64 = "state",
    }
}

/// The largest number of rows of a list.
pub(in crate::machine) const MAX_COUNT: i64 = 100;

pub(in crate::machine) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let refusal = Refusal::not_found("Failed to get process, process not found");
    let process = find(context, &message.process_id, refusal)?;
    member(context, &process.colony_name)?;
    Ok(Answer::Json(context.change.shown(process).to_json()))
}

pub(in crate::machine) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = member(context, &message.colony_name)?;
    if message.count > MAX_COUNT {
        return Err(Refusal::bad_request(format!("Count is larger than MaxCount limit <{MAX_COUNT}>")));
    }
    if !message.initiator.is_empty()
        && users::by_name(context.db, &member.colony_name, &message.initiator)?.is_none()
    {
        return Err(Refusal::bad_request(format!("User <{}> does not exist", message.initiator)));
    }
    let state = State::from_number(message.state)
        .ok_or_else(|| Refusal::bad_request("Failed to get processes, invalid msg.State"))?;
    check_count(message.count)?;
    let filter = match &message {
        List { executor_type, .. } if !executor_type.is_empty() => Filter::ExecutorType(executor_type),
        List { initiator, .. } if !initiator.is_empty() => Filter::Initiator(initiator),
        List { label, .. } if !label.is_empty() => Filter::Label(label),
        _ => Filter::All,
    };
    let found = processes::list(context.db, &member.colony_name, state, filter, message.count)?;
    Ok(Answer::list(&shown(context, found, state)))
}

/// Non-members, and requests for a missing colony, receive an empty answer.
pub(in crate::machine) fn history(context: &mut Context<'_>, message: History) -> Outcome {
    let Ok(member) = member(context, &message.colony_name) else { return Ok(Answer::Nothing) };
    let Some(state) = State::from_number(message.state) else { return Ok(Answer::list::<()>(&[])) };
    let executor_id = Some(message.executor_id.as_str()).filter(|id| !id.is_empty());
    let since = context.now.plus_seconds(message.seconds.saturating_neg());
    let found = processes::history(context.db, &member.colony_name, executor_id, state, since)?;
    Ok(Answer::list(&shown(context, found, state)))
}

/// The processes as a reader sees them now, without those whose state is still another for readers.
fn shown(context: &Context<'_>, found: Vec<Process>, state: State) -> Vec<Process> {
    let shown = found.into_iter().map(|process| context.change.shown(process));
    shown.filter(|process| process.state == state).collect()
}
