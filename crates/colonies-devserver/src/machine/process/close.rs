//! Closing a process as successful or failed, and setting its output while it runs.

use super::submit::{raw, raw_list};
use super::{find, transition};
use crate::machine::access::{Member, member};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal, function};
use crate::store::State;
use crate::store::processes::{self, Process};
use crate::wire::FreeJson;

messages! {
    Close { process_id: String = "processid", output: Vec<FreeJson> = "out" }
    Fail { process_id: String = "processid", errors: Option<Vec<String>> = "errors" }
    SetOutput { process_id: String = "processid", output: Vec<FreeJson> = "out" }
}

/// A process that the caller holds.
fn held(context: &Context<'_>, id: &str, failed: &str) -> Outcome<(Process, Member)> {
    let process = find(context, id, Refusal::internal(format!("{failed}, process is nil")))?;
    let member = member(context, &process.colony_name)?;
    if process.assigned_executor_id.is_empty() {
        return Err(Refusal::forbidden(format!("{failed}, process is not assigned")));
    }
    if process.assigned_executor_id != context.caller {
        let action = failed.trim_start_matches("Failed to ");
        return Err(Refusal::forbidden(format!("{failed}, not allowed to {action}")));
    }
    Ok((process, member))
}

/// The output is stored before the state is looked at, so a close that is refused still replaces it; and a
/// successful process may be closed again.
pub(in crate::machine) fn close(context: &mut Context<'_>, message: Close) -> Outcome {
    let (mut process, member) = held(context, &message.process_id, "Failed to close process as successful")?;
    let before = process.clone();
    if !message.output.is_empty() {
        process.output = raw_list(&message.output);
    }
    let refused = |state| {
        processes::update(context.db, &process)?;
        Err(Refusal::bad_request(format!("Tried to set {state} process as successful")).keeping_changes())
    };
    match process.state {
        State::Failed => return refused("failed"),
        State::Cancelled => return refused("cancelled"),
        State::Waiting | State::Running | State::Successful => {}
    }
    let is_resolved =
        transition::succeed(context, process, before, |context, process| match &member.executor {
            Some(executor) => function::count_call(context, executor, process),
            None => Ok(false),
        })?;
    if is_resolved {
        Ok(Answer::empty())
    } else {
        // The process is successful. The refusal is what a Colonies server comes up with here.
        Err(Refusal::bad_request("Tried to set successful process as failed").keeping_changes())
    }
}

pub(in crate::machine) fn fail(context: &mut Context<'_>, message: Fail) -> Outcome {
    let (process, _) = held(context, &message.process_id, "Failed to close process as failed")?;
    let refused = |state| Err(Refusal::bad_request(format!("Tried to set {state} process as failed")));
    match process.state {
        State::Successful => return refused("successful"),
        State::Failed => return refused("failed"),
        State::Cancelled => return refused("cancelled"),
        State::Waiting | State::Running => {}
    }
    let errors = serde_json::to_string(&message.errors).expect("a list of strings is JSON");
    transition::fail(context, process, raw(errors))?;
    Ok(Answer::empty())
}

pub(in crate::machine) fn set_output(context: &mut Context<'_>, message: SetOutput) -> Outcome {
    let refusal = Refusal::internal("Failed to set output, process is nil");
    let mut process = find(context, &message.process_id, refusal)?;
    member(context, &process.colony_name)?;
    if process.assigned_executor_id != context.caller {
        return Err(Refusal::forbidden(
            "Failed to close process as successful, not allowed to close process as successful",
        ));
    }
    if process.state != State::Running {
        return Err(Refusal::forbidden("Failed to set output, process is not running"));
    }
    if !message.output.is_empty() {
        process.output = raw_list(&message.output);
        processes::update(context.db, &process)?;
    }
    Ok(Answer::empty())
}
