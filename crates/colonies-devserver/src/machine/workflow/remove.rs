//! Removing and cancelling workflows.

use super::find;
use crate::machine::access::{member, owner};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal, Step};
use crate::store::{State, attributes, graphs, processes};

messages! {
    One { graph_id: String = "processgraphid" }
    RemoveAll { colony_name: String = "colonyname", state: i64 = "state" }
}

pub(in crate::machine) fn remove(context: &mut Context<'_>, message: One) -> Outcome {
    let graph = find(context, &message.graph_id, "Failed to remove processgraph")?;
    member(context, &graph.colony_name)?;
    if graph.state == State::Running {
        return Err(Refusal::bad_request(
            "Failed to remove processgraph, cannot remove a running processgraph",
        ));
    }
    for process in processes::nodes_of_graph(context.db, &graph.id)? {
        processes::remove(context.db, &process.id)?;
    }
    graphs::remove(context.db, &graph.id)?;
    Ok(Answer::empty())
}

/// By state it takes the graphs in that state, and all processes of workflows in that state, whatever the
/// state of their graph.
pub(in crate::machine) fn remove_all(context: &mut Context<'_>, message: RemoveAll) -> Outcome {
    let colony = owner(context, &message.colony_name)?;
    let state = match State::from_number(message.state) {
        Some(State::Running) => {
            return Err(Refusal::bad_request("not possible to remove running processgraphs"));
        }
        None if message.state != -1 => {
            return Err(Refusal::bad_request("invalid state when deleting all processgraphs"));
        }
        state => state,
    };
    processes::remove_all(context.db, &colony.name, state, true)?;
    graphs::remove_all(context.db, &colony.name, state)?;
    Ok(Answer::empty())
}

/// Cancels waiting and running processes, and the graph in any state. Subscribers receive no message.
pub(in crate::machine) fn cancel(context: &mut Context<'_>, message: One) -> Outcome {
    let mut graph = find(context, &message.graph_id, "Failed to cancel processgraph")?;
    member(context, &graph.colony_name)?;
    for mut process in processes::of_graph(context.db, &graph.id)? {
        if matches!(process.state, State::Waiting | State::Running) {
            context.change.complete(&process.id);
            context.change.state(Step::NODE, &process);
            process.state = State::Cancelled;
            process.end_time = context.now;
            processes::update(context.db, &process)?;
            attributes::set_state(context.db, &process.id, State::Cancelled)?;
        }
    }
    let before = graph.clone();
    graph.state = State::Cancelled;
    graph.end_time = context.now;
    graphs::update(context.db, &graph)?;
    context.change.graph(&before);
    Ok(Answer::empty())
}
