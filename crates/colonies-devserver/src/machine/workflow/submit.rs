//! Submitting a workflow.

use std::collections::{HashMap, HashSet};

use colonies_proto::deep;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::GraphView;
use crate::machine::access::{Member, find_colony, find_member, member};
use crate::machine::message::messages;
use crate::machine::process::spec::FunctionSpec;
use crate::machine::process::submit::{Initiator, make};
use crate::machine::{Answer, Context, Event, Outcome, Refusal};
use crate::store::graphs::{self, Graph};
use crate::store::processes::{self, Process, Requirements};
use crate::wire::{FreeJson, Time, json_fault};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::machine) struct WorkflowSpec {
    #[serde(rename = "colonyname")]
    pub(in crate::machine) colony_name: String,
    #[serde(rename = "functionspecs")]
    pub(in crate::machine) function_specs: Vec<FunctionSpec>,
}

messages! {
    Submit { spec: Option<WorkflowSpec> = "spec" }
}

pub(in crate::machine) fn submit(context: &mut Context<'_>, message: Submit) -> Outcome {
    let mut spec = message
        .spec
        .ok_or_else(|| Refusal::bad_request("Failed to submit workflow, msg.WorkflowSpec is nil"))?;
    let member = member(context, &spec.colony_name)?;
    spec.colony_name.clone_from(&member.colony_name);
    let (graph, process_ids) = start(context, &Initiator::from(&member), spec, Feed::Nothing)?;
    // The time of submission is known only to who reads the graph later.
    let shown = Graph { submission_time: Time::ZERO, ..graph };
    let process_ids = Some(process_ids).filter(|ids| !ids.is_empty());
    Ok(Answer::json(&GraphView::new(&shown, process_ids)))
}

/// Additional input of the roots of a workflow.
#[derive(Clone, Debug)]
pub(in crate::machine) enum Feed {
    Nothing,
    /// An input, a JSON list.
    Input(Box<RawValue>),
    /// Arguments, which replace their own.
    Args(Vec<FreeJson>),
}

/// Creates the graph of a workflow and its processes. Returns their identities in the order of the specs.
pub(in crate::machine) fn start(
    context: &mut Context<'_>,
    initiator: &Initiator,
    spec: WorkflowSpec,
    feed: Feed,
) -> Outcome<(Graph, Vec<String>)> {
    check_names(&spec.function_specs)?;
    let colony_name = spec.colony_name;
    let mut graph = Graph {
        id: (context.new_id)(),
        initiator_id: initiator.id.clone(),
        initiator_name: initiator.name.clone(),
        submission_time: context.now,
        colony_name: colony_name.clone(),
        ..Graph::default()
    };
    let mut made = Vec::with_capacity(spec.function_specs.len());
    for mut spec in spec.function_specs {
        spec.conditions.colony_name.clone_from(&colony_name);
        if spec.max_exec_time == 0 {
            spec.max_exec_time = -1;
        }
        let dependencies = spec.conditions.dependencies.clone();
        if let (Feed::Args(args), true) = (&feed, dependencies.is_empty()) {
            spec.args.clone_from(args);
            spec.kwargs.clear();
        }
        let mut process = make(context, initiator, spec);
        if let (Feed::Input(input), Ok((process, _)), true) = (&feed, &mut process, dependencies.is_empty()) {
            process.input.clone_from(input);
        }
        made.push((process, dependencies));
    }
    let refused = made.iter().any(|(process, _)| process.is_err());
    let mut nodes: Vec<(Process, Requirements, Vec<String>)> = Vec::with_capacity(made.len());
    for (process, dependencies) in made {
        if let Ok((process, requirements)) = process {
            nodes.push((process, requirements, dependencies));
        }
    }
    let known = refused || connect(&mut nodes);
    graph.roots =
        nodes.iter().filter(|(process, ..)| !process.wait_for_parents).map(|(p, ..)| p.id.clone()).collect();
    graphs::add(context.db, &graph)?;
    if refused || !known {
        return Err(leave_behind(refused));
    }
    context.change.nodes(&graph);
    let mut ids = Vec::with_capacity(nodes.len());
    for (mut process, requirements, _) in nodes {
        process.graph_id.clone_from(&graph.id);
        for attribute in &mut process.attributes {
            attribute.target_graph_id.clone_from(&graph.id);
        }
        processes::add(context.db, &process, &requirements)?;
        context.change.added(&process);
        ids.push(process.id.clone());
        if !process.wait_for_parents {
            context.events.push(Event::Changed(Box::new(process)));
        }
    }
    Ok((graph, ids))
}

/// Reads the workflow of a cron or generator, which is kept as JSON text.
pub(in crate::machine) fn parse(text: &str) -> Outcome<WorkflowSpec> {
    let spec: WorkflowSpec = colonies_proto::from_json(text.as_bytes())
        .map_err(|fault| Refusal::bad_request(json_fault(text.as_bytes(), &fault)))?;
    let names: HashSet<&str> = spec.function_specs.iter().map(|spec| spec.node_name.as_str()).collect();
    let mut needed = spec.function_specs.iter().flat_map(|spec| &spec.conditions.dependencies);
    if needed.all(|name| names.contains(name.as_str())) {
        Ok(spec)
    } else {
        Err(Refusal::bad_request(INVALID_DEPENDENCIES))
    }
}

/// In whose name the workflow of a cron or generator will be submitted: that of the caller, which is a member
/// of the workflow's colony or an executor of the cron's.
pub(in crate::machine) fn initiator(
    context: &Context<'_>,
    caller: &Member,
    colony_name: &str,
) -> Outcome<Initiator> {
    let there = match find_colony(context.db, colony_name)? {
        Some(colony) => find_member(context.db, &colony.name, context.caller, false)?,
        None => None,
    };
    if there.is_some() || caller.executor.is_some() {
        Ok(Initiator::from(caller))
    } else {
        Err(Refusal::internal("Could not derive InitiatorName"))
    }
}

/// Submits the workflow of a cron or generator, as a whole or not at all. Who added it must be a member of
/// the workflow's colony by then.
pub(in crate::machine) fn submit_for(
    context: &mut Context<'_>,
    initiator: &Initiator,
    text: &str,
    feed: Feed,
) -> Outcome<Graph> {
    deep::with_stack(text.as_bytes(), || {
        let mut spec = parse(text)?;
        let colony = find_colony(context.db, &spec.colony_name)?;
        let member = match &colony {
            Some(colony) => find_member(context.db, &colony.name, &initiator.id, false)?,
            None => None,
        };
        let member = member.ok_or_else(|| Refusal::internal("Could not derive InitiatorName"))?;
        spec.colony_name = member.colony_name;
        context.as_a_whole(|context| start(context, initiator, spec, feed)).map(|(graph, _)| graph)
    })
}

/// Every node has a name, and no two have the same.
fn check_names(specs: &[FunctionSpec]) -> Outcome<()> {
    let mut names = HashSet::new();
    for spec in specs {
        if spec.node_name.is_empty() {
            return Err(Refusal::internal("Nodename is missing, check function spec for errors"));
        }
        if !names.insert(spec.node_name.as_str()) {
            return Err(Refusal::internal(format!("Duplicate nodename: {}", spec.node_name)));
        }
    }
    Ok(())
}

/// Makes parents and children of dependencies. False where one names no node.
fn connect(nodes: &mut [(Process, Requirements, Vec<String>)]) -> bool {
    let places: HashMap<String, usize> =
        nodes.iter().enumerate().map(|(place, (process, ..))| (process.node_name.clone(), place)).collect();
    for child in 0..nodes.len() {
        let child_id = nodes[child].0.id.clone();
        for dependency in nodes[child].2.clone() {
            nodes[child].0.wait_for_parents = true;
            let Some(&parent) = places.get(&dependency) else { return false };
            let parent_id = nodes[parent].0.id.clone();
            if !nodes[child].0.parents.contains(&parent_id) {
                nodes[child].0.parents.push(parent_id);
                nodes[parent].0.children.push(child_id.clone());
            }
        }
    }
    true
}

const INVALID_DEPENDENCIES: &str =
    "Failed to submit workflow, invalid dependencies, are you depending on a nodename that does not exits?";

/// The graph of a workflow that is turned down at this point stays, without its processes.
fn leave_behind(refused: bool) -> Refusal {
    let message =
        if refused { "Failed to submit workflow, failed to add process" } else { INVALID_DEPENDENCIES };
    Refusal::internal(message).keeping_changes()
}
