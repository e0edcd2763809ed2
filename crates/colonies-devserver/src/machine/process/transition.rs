//! State transitions of processes. Access is checked elsewhere.

use serde_json::value::RawValue;

use super::assign::Asker;
use super::submit::{deadline, raw};
use crate::machine::{Context, Event, Outcome, Step, workflow};
use crate::store::processes::{self, Process};
use crate::store::{State, attributes};
use crate::wire::Time;

/// Stores a process in its new state, which its attributes take over.
fn store(context: &Context<'_>, process: &Process) -> Outcome<()> {
    context.change.complete(&process.id);
    processes::update(context.db, process)?;
    if !process.attributes.is_empty() {
        attributes::set_state(context.db, &process.id, process.state)?;
    }
    Ok(())
}

fn tell(context: &mut Context<'_>, process: Process) {
    context.events.push(Event::Changed(Box::new(process)));
}

/// Waiting to running. Returns the process as the executor sees it, with the previous deadline and the previous
/// state of the attributes.
pub(super) fn start(context: &mut Context<'_>, mut process: Process, asker: &Asker) -> Outcome<Process> {
    process.state = State::Running;
    process.is_assigned = true;
    process.assigned_executor_id.clone_from(&asker.executor_id);
    process.start_time = context.now;
    if !process.parents.is_empty() {
        process.input = input(context, &process.parents)?;
    }
    let shown = process.clone();
    process.exec_deadline = deadline(context.now, process.max_exec_time).unwrap_or(process.exec_deadline);
    store(context, &process)?;
    tell(context, shown.clone());
    // A graph that has lost a process cannot be resolved; what is left of it may run.
    let _ = workflow::resolve::resolve(context, &process.graph_id)?;
    Ok(shown)
}

/// The outputs of the parents in order; null if they have none.
fn input(context: &Context<'_>, parents: &[String]) -> Outcome<Box<RawValue>> {
    let mut text = String::new();
    for parent in parents {
        let Some(parent) = processes::get(context.db, parent)? else { continue };
        append(&mut text, &parent.output);
    }
    Ok(raw(if text.is_empty() { "null".to_owned() } else { format!("[{text}]") }))
}

/// Adds the elements of a JSON list to a text of such elements.
pub(in crate::machine) fn append(text: &mut String, list: &RawValue) {
    let elements = list.get().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
    if !text.is_empty() && !elements.is_empty() {
        text.push(',');
    }
    text.push_str(elements);
}

/// Running, or successful already, to successful. `before` is the process before its output was set; that
/// is what subscribers see, unless the executor has registered the function.
///
/// Returns false if the graph of the process has lost another process and can't be resolved.
pub(super) fn succeed(
    context: &mut Context<'_>,
    mut process: Process,
    mut before: Process,
    count: impl FnOnce(&Context<'_>, &Process) -> Outcome<bool>,
) -> Outcome<bool> {
    process.state = State::Successful;
    process.end_time = context.now;
    store(context, &process)?;
    before.state = State::Successful;
    let graph_id = process.graph_id.clone();
    if count(context, &process)? {
        set_shown_state(&mut process);
        tell(context, process);
    } else {
        tell(context, before);
    }
    Ok(workflow::resolve::resolve(context, &graph_id)?.is_ok())
}

/// Waiting or running to failed. `errors` is a JSON list, or null. A process with children takes the rest of
/// its workflow along.
pub(super) fn fail(context: &mut Context<'_>, mut process: Process, errors: Box<RawValue>) -> Outcome<()> {
    let before = process.clone();
    process.state = State::Failed;
    process.end_time = context.now;
    process.errors = errors;
    store(context, &process)?;
    context.change.failed(&before);
    set_shown_state(&mut process);
    let graph_id = process.graph_id.clone();
    let has_children = !process.children.is_empty();
    tell(context, process);
    if has_children {
        workflow::resolve::fail_all(context, &graph_id)?;
    }
    let _ = workflow::resolve::resolve(context, &graph_id)?;
    Ok(())
}

/// Waiting or running to cancelled.
pub(super) fn cancel(context: &mut Context<'_>, mut process: Process) -> Outcome<()> {
    process.state = State::Cancelled;
    process.end_time = context.now;
    store(context, &process)?;
    set_shown_state(&mut process);
    tell(context, process);
    Ok(())
}

/// Running to waiting, as its time is over. Subscribers see it with the executor that had it, and before
/// the retry was counted.
pub(super) fn retry(context: &mut Context<'_>, mut process: Process) -> Outcome<()> {
    process.state = State::Waiting;
    process.end_time = context.now;
    process.wait_deadline = deadline(context.now, process.max_wait_time).unwrap_or(process.wait_deadline);
    process.is_assigned = false;
    let mut shown = process.clone();
    process.retries += 1;
    process.assigned_executor_id.clear();
    store(context, &process)?;
    set_shown_state(&mut shown);
    let graph_id = process.graph_id;
    tell(context, shown);
    let _ = workflow::resolve::resolve(context, &graph_id)?;
    Ok(())
}

/// Running to waiting, as its executor is gone: as if it had never been handed out. A Colonies server sends no message.
pub(in crate::machine) fn give_back(context: &mut Context<'_>, mut process: Process) -> Outcome<()> {
    let before = process.clone();
    process.state = State::Waiting;
    process.is_assigned = false;
    process.assigned_executor_id.clear();
    process.start_time = Time::ZERO;
    process.end_time = Time::ZERO;
    store(context, &process)?;
    context.change.state(Step::CLEAN_UP, &before);
    set_shown_state(&mut process);
    let graph_id = process.graph_id.clone();
    if !context.change.is_realistic() {
        tell(context, process);
    }
    let _ = workflow::resolve::resolve(context, &graph_id)?;
    Ok(())
}

fn set_shown_state(process: &mut Process) {
    for attribute in &mut process.attributes {
        attribute.state = process.state.number();
    }
}
