//! Adding a process to a running workflow.

use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::process::spec::FunctionSpec;
use crate::machine::process::submit::{Initiator, make};
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::State;
use crate::store::processes::{self, Process};

messages! {
    Add {
        graph_id: String = "processgraphid",
        parent_id: String = "parentprocessid",
        child_id: String = "childprocessid",
        insert: bool = "insert",
        spec: Option<FunctionSpec> = "spec",
    }
}

const FAILED: &str = "Failed to add child to processgraph";

pub(in crate::machine) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut spec =
        message.spec.ok_or_else(|| Refusal::bad_request(format!("{FAILED}, msg.FunctionSpec is nil")))?;
    let member = member(context, &spec.conditions.colony_name)?;
    spec.conditions.colony_name.clone_from(&member.colony_name);
    let mut parent = node(context, &message.parent_id, &member.colony_name)?;
    if parent.state != State::Running {
        return Err(Refusal::bad_request(format!("Process with Id {} is not running", parent.id)));
    }
    if parent.assigned_executor_id != context.caller {
        return Err(Refusal::bad_request(format!(
            "Process with Id {} is not assigned to executor with Id {}",
            parent.id, context.caller
        )));
    }
    if !parent.is_in_workflow() {
        return Err(Refusal::bad_request(format!(
            "Process with Id {} does not belong to a processgraph",
            parent.id
        )));
    }
    if message.graph_id != parent.graph_id {
        return Err(Refusal::bad_request(format!(
            "{FAILED}, process with Id {} belongs to another processgraph",
            parent.id
        )));
    }
    let (mut added, requirements) = make(context, &Initiator::default(), spec)?;
    added.wait_for_parents = true;
    added.graph_id.clone_from(&parent.graph_id);
    for attribute in &mut added.attributes {
        attribute.target_graph_id.clone_from(&parent.graph_id);
    }
    added.parents.push(parent.id.clone());
    let before = (parent.clone(), added.clone());
    if message.insert {
        take_over(context, &mut parent, &mut added)?;
    } else if !message.child_id.is_empty() {
        become_parent(context, &message.child_id, &mut added)?;
    }
    parent.children.push(added.id.clone());
    processes::update(context.db, &parent)?;
    processes::add(context.db, &added, &requirements)?;
    context.change.added(&added);
    context.change.links(&before.1);
    context.change.links(&before.0);
    Ok(Answer::Json(added.to_json()))
}

fn node(context: &Context<'_>, id: &str, colony_name: &str) -> Outcome<Process> {
    processes::get(context.db, id)?
        .filter(|process| process.colony_name == colony_name)
        .ok_or_else(|| Refusal::bad_request(format!("{FAILED}, process with Id {id} not found")))
}

/// The new process comes between the parent and all children of it.
fn take_over(context: &Context<'_>, parent: &mut Process, added: &mut Process) -> Outcome<()> {
    added.children = std::mem::take(&mut parent.children);
    for id in &added.children {
        let mut child = node(context, id, &parent.colony_name)?;
        child.parents.retain(|id| *id != parent.id);
        child.parents.push(added.id.clone());
        processes::update(context.db, &child)?;
    }
    Ok(())
}

/// The new process becomes one more parent of a process of the same workflow.
fn become_parent(context: &Context<'_>, child_id: &str, added: &mut Process) -> Outcome<()> {
    let mut child = node(context, child_id, &added.colony_name)?;
    if child.graph_id != added.graph_id {
        return Err(Refusal::bad_request(format!(
            "{FAILED}, process with Id {child_id} belongs to another processgraph"
        )));
    }
    child.parents.push(added.id.clone());
    added.children.push(child.id.clone());
    processes::update(context.db, &child)?;
    Ok(())
}
