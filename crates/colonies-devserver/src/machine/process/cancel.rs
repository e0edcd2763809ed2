//! Cancelling a process.

use super::{find, transition};
use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::State;

messages! {
    Cancel { process_id: String = "processid" }
}

pub(in crate::machine) fn cancel(context: &mut Context<'_>, message: Cancel) -> Outcome {
    let refusal = Refusal::internal("Failed to cancel process, process is nil");
    let process = find(context, &message.process_id, refusal)?;
    member(context, &process.colony_name)?;
    if process.is_in_workflow() {
        return Err(Refusal::bad_request(
            "Failed to cancel, cannot cancel a process part of a workflow, cancel the entire workflow instead",
        ));
    }
    match process.state {
        State::Waiting | State::Running => transition::cancel(context, process)?,
        State::Successful => return Err(Refusal::bad_request("Tried to cancel successful process")),
        State::Failed => return Err(Refusal::bad_request("Tried to cancel failed process")),
        State::Cancelled => return Err(Refusal::bad_request("Tried to cancel already cancelled process")),
    }
    Ok(Answer::empty())
}
