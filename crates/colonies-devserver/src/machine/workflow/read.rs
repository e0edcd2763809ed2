//! Reading process graphs.

use std::collections::HashMap;

use super::resolve::reach;
use super::{GraphView, find, layout};
use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::process::read::MAX_COUNT;
use crate::machine::{Answer, Context, Outcome, Refusal, check_count};
use crate::store::State;
use crate::store::graphs::{self, Graph};
use crate::store::processes::{self, Node, Process};

messages! {
    Get { graph_id: String = "processgraphid" }
    List { colony_name: String = "colonyname", count: i64 = "count", state: i64 = "state" }
}

pub(in crate::machine) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let graph = context.change.shown_graph(find(context, &message.graph_id, "Failed to get processgraph")?);
    member(context, &graph.colony_name)?;
    let mut view = GraphView::new(&graph, Some(process_ids(context, &graph)?));
    let processes: Vec<Process> = processes::of_graph(context.db, &graph.id)?
        .into_iter()
        .map(|process| context.change.shown(process))
        .collect();
    let by_id: HashMap<&str, &Process> =
        processes.iter().map(|process| (process.id.as_str(), process)).collect();
    (view.nodes, view.edges) = layout::draw(&by_id, &graph.roots);
    Ok(Answer::json(&view))
}

pub(in crate::machine) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = member(context, &message.colony_name)?;
    if message.count > MAX_COUNT {
        return Err(Refusal::bad_request(format!("Count is larger than MaxCount limit <{MAX_COUNT}>")));
    }
    let state = State::from_number(message.state).ok_or_else(|| Refusal::bad_request("invalid msg.State"))?;
    check_count(message.count)?;
    let found: Vec<Graph> = graphs::list(context.db, &member.colony_name, state, message.count)?
        .into_iter()
        .map(|graph| context.change.shown_graph(graph))
        .filter(|graph| graph.state == state)
        .collect();
    let views: Outcome<Vec<GraphView<'_>>> =
        found.iter().map(|graph| Ok(GraphView::new(graph, Some(process_ids(context, graph)?)))).collect();
    Ok(Answer::list(&views?))
}

/// The processes that can be reached from the roots. A graph whose nodes are not there yet is refused.
fn process_ids(context: &Context<'_>, graph: &Graph) -> Outcome<Vec<String>> {
    if context.change.hides_nodes(graph) {
        return Ok(reach(&HashMap::new(), &graph.roots)?.into_iter().map(str::to_owned).collect());
    }
    let nodes: Vec<Node> = processes::nodes_of_graph(context.db, &graph.id)?
        .into_iter()
        .map(|node| context.change.shown_node(node))
        .collect();
    let by_id = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    Ok(reach(&by_id, &graph.roots)?.into_iter().map(str::to_owned).collect())
}
