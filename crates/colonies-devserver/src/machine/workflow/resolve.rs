//! Propagates a change of one process to its workflow and the graph.

use std::collections::{HashMap, HashSet};

use super::Lost;
use crate::machine::{Context, Event, Outcome, Step};
use crate::store::processes::{self, Node};
use crate::store::{State, attributes, graphs};
use crate::wire::Time;

/// Releases processes whose parents are done, and updates the state of the graph. Does nothing if the graph does
/// not exist. Returns `Err`, without a change, if the graph has lost a process.
pub(in crate::machine) fn resolve(context: &mut Context<'_>, graph_id: &str) -> Outcome<Result<(), Lost>> {
    if graph_id.is_empty() {
        return Ok(Ok(()));
    }
    let Some(mut graph) = graphs::get(context.db, graph_id)? else { return Ok(Ok(())) };
    let nodes = processes::nodes_of_graph(context.db, graph_id)?;
    let by_id: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let reached = match reach(&by_id, &graph.roots) {
        Ok(reached) => reached,
        Err(lost) => return Ok(Err(lost)),
    };
    for node in reached.iter().filter_map(|id| by_id.get(id)) {
        if node.state == State::Waiting && node.wait_for_parents && parents_are_done(&by_id, node) {
            make_ready(context, &node.id)?;
        }
    }
    let state = state_of(reached.iter().filter_map(|id| by_id.get(id)).map(|node| node.state));
    // A cancelled graph stays cancelled, and one without roots waits for ever.
    if state != graph.state && graph.state != State::Cancelled && !reached.is_empty() {
        let before = graph.clone();
        if state == State::Running && graph.start_time == Time::ZERO {
            graph.start_time = context.now;
        }
        if !matches!(state, State::Waiting | State::Running) {
            graph.end_time = context.now;
        }
        graph.state = state;
        graphs::update(context.db, &graph)?;
        context.change.graph(&before);
    }
    Ok(Ok(()))
}

fn parents_are_done(nodes: &HashMap<&str, &Node>, node: &Node) -> bool {
    node.parents
        .iter()
        .all(|parent| nodes.get(parent.as_str()).is_some_and(|parent| parent.state == State::Successful))
}

fn make_ready(context: &mut Context<'_>, id: &str) -> Outcome<()> {
    if let Some(mut process) = processes::get(context.db, id)? {
        process.wait_for_parents = false;
        processes::update(context.db, &process)?;
        context.events.push(Event::Changed(Box::new(process)));
    }
    Ok(())
}

/// The state of a graph whose processes are in these states.
fn state_of(states: impl Iterator<Item = State>) -> State {
    let mut seen = [0_usize; 5];
    for state in states {
        seen[state as usize] += 1;
    }
    match seen {
        [_, _, _, failed, _] if failed > 0 => State::Failed,
        [_, _, _, _, cancelled] if cancelled > 0 => State::Cancelled,
        [0, 0, successful, _, _] if successful > 0 => State::Successful,
        [_, running, successful, _, _] if running + successful > 0 => State::Running,
        _ => State::Waiting,
    }
}

/// The processes that can be reached from the roots: depth first, each once, children in their order.
pub(super) fn reach<'a>(
    nodes: &HashMap<&'a str, &'a Node>,
    roots: &'a [String],
) -> Result<Vec<&'a str>, Lost> {
    let mut reached = Vec::with_capacity(nodes.len());
    let mut seen = HashSet::with_capacity(nodes.len());
    let mut pending: Vec<&'a str> = roots.iter().rev().map(String::as_str).collect();
    while let Some(id) = pending.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = nodes.get(id).ok_or_else(|| Lost(id.to_owned()))?;
        reached.push(id);
        pending.extend(node.children.iter().rev().map(String::as_str));
    }
    Ok(reached)
}

/// Fails all processes of a graph, including the successful ones. They get no errors and no end time, and
/// subscribers are not notified.
pub(in crate::machine) fn fail_all(context: &mut Context<'_>, graph_id: &str) -> Outcome<()> {
    if graph_id.is_empty() {
        return Ok(());
    }
    for mut process in processes::of_graph(context.db, graph_id)? {
        if process.state != State::Failed {
            context.change.complete(&process.id);
            context.change.state(Step::NODE, &process);
            process.state = State::Failed;
            processes::update(context.db, &process)?;
            attributes::set_state(context.db, &process.id, State::Failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_counts_for_more_than_all_else() {
        use State::{Cancelled, Failed, Running, Successful, Waiting};
        for (states, wanted) in [
            (&[Waiting, Waiting][..], Waiting),
            (&[Waiting, Running], Running),
            (&[Successful, Waiting], Running),
            (&[Successful, Successful], Successful),
            (&[Successful, Cancelled, Running], Cancelled),
            (&[Cancelled, Failed, Successful], Failed),
            (&[], Waiting),
        ] {
            assert_eq!(state_of(states.iter().copied()), wanted, "{states:?}");
        }
    }
}
