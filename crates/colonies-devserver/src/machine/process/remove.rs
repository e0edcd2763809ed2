//! Removing processes.

use std::collections::BTreeMap;

use super::find;
use super::spec::change_environment;
use crate::machine::access::{member, owner};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::processes;
use crate::store::{State, attributes};

messages! {
    Remove { process_id: String = "processid" }
    RemoveAll { colony_name: String = "colonyname", state: i64 = "state" }
}

pub(in crate::machine) fn remove(context: &mut Context<'_>, message: Remove) -> Outcome {
    let refusal = Refusal::internal("Failed to remove process, process is nil");
    let process = find(context, &message.process_id, refusal)?;
    member(context, &process.colony_name)?;
    if process.is_in_workflow() {
        return Err(Refusal::bad_request(
            "Failed to remove, cannot remove a process part of a workflow, delete the entire workflow instead",
        ));
    }
    if process.state == State::Running {
        return Err(Refusal::bad_request("Failed to remove process, cannot remove a running process"));
    }
    processes::remove(context.db, &process.id)?;
    Ok(Answer::empty())
}

/// Removes processes of no workflow. Where all states are meant, the running go too, and the attributes of
/// all processes of the colony.
pub(in crate::machine) fn remove_all(context: &mut Context<'_>, message: RemoveAll) -> Outcome {
    let colony = owner(context, &message.colony_name)?;
    match State::from_number(message.state) {
        Some(State::Running) => Err(Refusal::bad_request("Not possible to remove running processes")),
        None if message.state == -1 => {
            processes::remove_all(context.db, &colony.name, None, false)?;
            remove_attributes(context, &colony.name)?;
            Ok(Answer::empty())
        }
        None => Err(Refusal::bad_request("Invalid state when deleting all processes")),
        state => {
            processes::remove_all(context.db, &colony.name, state, false)?;
            Ok(Answer::empty())
        }
    }
}

/// The environment of a spec is made of attributes, so it is emptied as well.
fn remove_attributes(context: &Context<'_>, colony_name: &str) -> Outcome<()> {
    for (id, spec) in processes::with_environment(context.db, colony_name)? {
        let spec = change_environment(&spec, BTreeMap::clear)?;
        processes::set_spec(context.db, &id, &spec)?;
    }
    attributes::remove_of_colony(context.db, colony_name)?;
    Ok(())
}
