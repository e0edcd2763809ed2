//! Processes: rows and updates. Searches are in separate files.

mod queue;
mod search;

use rusqlite::{Connection, Params, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::attributes::{self, Attribute};
use super::rows::{Stored, all, insert, one};
use super::{Result, State, to_json};
use crate::wire::Time;

pub(crate) use queue::{
    Candidate, Requirements, first_exec_deadline, first_wait_deadline, late_running, late_waiting,
    next_ready, requirements,
};
pub(crate) use search::{Filter, counts, history, list};

/// A process as it is stored and sent. The fields at the end are those of the spec that rules look at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Process {
    #[serde(rename = "processid")]
    pub(crate) id: String,
    #[serde(rename = "initiatorid")]
    pub(crate) initiator_id: String,
    #[serde(rename = "initiatorname")]
    pub(crate) initiator_name: String,
    #[serde(rename = "assignedexecutorid")]
    pub(crate) assigned_executor_id: String,
    #[serde(rename = "isassigned")]
    pub(crate) is_assigned: bool,
    pub(crate) state: State,
    #[serde(rename = "prioritytime")]
    pub(crate) priority_time: i64,
    #[serde(rename = "submissiontime")]
    pub(crate) submission_time: Time,
    #[serde(rename = "starttime")]
    pub(crate) start_time: Time,
    #[serde(rename = "endtime")]
    pub(crate) end_time: Time,
    #[serde(rename = "waitdeadline")]
    pub(crate) wait_deadline: Time,
    #[serde(rename = "execdeadline")]
    pub(crate) exec_deadline: Time,
    pub(crate) retries: i64,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) spec: Box<RawValue>,
    #[serde(rename = "waitforparents")]
    pub(crate) wait_for_parents: bool,
    pub(crate) parents: Vec<String>,
    pub(crate) children: Vec<String>,
    #[serde(rename = "processgraphid")]
    pub(crate) graph_id: String,
    #[serde(rename = "in")]
    pub(crate) input: Box<RawValue>,
    #[serde(rename = "out")]
    pub(crate) output: Box<RawValue>,
    pub(crate) errors: Box<RawValue>,
    #[serde(skip)]
    pub(crate) colony_name: String,
    #[serde(skip)]
    pub(crate) executor_type: String,
    #[serde(skip)]
    pub(crate) node_name: String,
    #[serde(skip)]
    pub(crate) func_name: String,
    #[serde(skip)]
    pub(crate) label: String,
    #[serde(skip)]
    pub(crate) max_wait_time: i64,
    #[serde(skip)]
    pub(crate) max_exec_time: i64,
    #[serde(skip)]
    pub(crate) max_retries: i64,
}

impl Process {
    /// The process as it is sent.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a process is strings, numbers and JSON texts")
    }

    pub(crate) fn is_in_workflow(&self) -> bool {
        !self.graph_id.is_empty()
    }
}

rows!("processes", Process {
    id, initiator_id, initiator_name, assigned_executor_id, state, priority_time, submission_time, start_time,
    end_time, wait_deadline, exec_deadline, retries, spec as raw, wait_for_parents, parents as json,
    children as json, graph_id, input as raw, output as raw, errors as raw, colony_name, executor_type, node_name,
    func_name, label, max_wait_time, max_exec_time, max_retries,
} is_assigned: false, attributes: Vec::new());

/// Sets the fields that are not columns.
fn complete(db: &Connection, mut process: Process) -> Result<Process> {
    process.is_assigned = !process.assigned_executor_id.is_empty();
    process.attributes = attributes::of_process(db, &process.id)?;
    Ok(process)
}

/// Like [`all`], with the fields that are not columns.
fn found(db: &Connection, rest: &str, params: impl Params) -> Result<Vec<Process>> {
    all(db, rest, params)?.into_iter().map(|process| complete(db, process)).collect()
}

pub(crate) fn get(db: &Connection, id: &str) -> Result<Option<Process>> {
    one(db, "WHERE id = ?", [id])?.map(|process| complete(db, process)).transpose()
}

/// Adds a process with its attributes.
pub(crate) fn add(db: &Connection, process: &Process, requirements: &Requirements) -> Result<()> {
    let columns = format!("{}, {}", Process::COLUMNS, Requirements::COLUMNS);
    insert(db, Process::TABLE, &columns, &[process.values()?, requirements.values()?].concat(), "")?;
    for attribute in &process.attributes {
        attributes::add(db, attribute)?;
    }
    Ok(())
}

/// Writes all that can change in a process but its spec and attributes.
pub(crate) fn update(db: &Connection, process: &Process) -> Result<()> {
    db.prepare_cached(
        "UPDATE processes SET assigned_executor_id = ?, state = ?, start_time = ?, end_time = ?,
             wait_deadline = ?, exec_deadline = ?, retries = ?, wait_for_parents = ?, parents = ?, children = ?,
             input = ?, output = ?, errors = ? WHERE id = ?",
    )?
    .execute(params![
        process.assigned_executor_id,
        process.state,
        process.start_time,
        process.end_time,
        process.wait_deadline,
        process.exec_deadline,
        process.retries,
        process.wait_for_parents,
        to_json(&process.parents),
        to_json(&process.children),
        process.input.get(),
        process.output.get(),
        process.errors.get(),
        process.id,
    ])?;
    Ok(())
}

pub(crate) fn set_spec(db: &Connection, id: &str, spec: &RawValue) -> Result<()> {
    db.prepare_cached("UPDATE processes SET spec = ? WHERE id = ?")?.execute([spec.get(), id])?;
    Ok(())
}

/// Removes a process and its attributes.
pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    attributes::remove_of_process(db, id)?;
    db.prepare_cached("DELETE FROM processes WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// Removes the processes of a colony in a state, or in all, with their attributes: those of workflows, or
/// those of none.
pub(crate) fn remove_all(
    db: &Connection,
    colony: &str,
    state: Option<State>,
    of_workflows: bool,
) -> Result<()> {
    let which = "colony_name = ?1 AND (?2 IS NULL OR state = ?2) AND (graph_id <> '') = ?3";
    let values = params![colony, state, of_workflows];
    db.prepare_cached(&format!(
        "DELETE FROM attributes WHERE target_id IN (SELECT id FROM processes WHERE {which})"
    ))?
    .execute(values)?;
    db.prepare_cached(&format!("DELETE FROM processes WHERE {which}"))?.execute(values)?;
    Ok(())
}

/// The processes of a process graph, in the order in which they were added.
pub(crate) fn of_graph(db: &Connection, graph_id: &str) -> Result<Vec<Process>> {
    found(db, "WHERE graph_id = ? AND graph_id <> '' ORDER BY rowid", [graph_id])
}

/// The running processes of an executor of a colony, in the order in which they were added.
pub(crate) fn held_by(db: &Connection, colony_name: &str, executor_id: &str) -> Result<Vec<Process>> {
    found(
        db,
        "WHERE assigned_executor_id = ? AND state = 1 AND colony_name = ? ORDER BY rowid",
        [executor_id, colony_name],
    )
}

struct Spec {
    id: String,
    spec: Box<RawValue>,
}

rows!("processes", Spec { id, spec as raw });

/// Identity and spec of the processes of a colony that have an environment.
pub(crate) fn with_environment(db: &Connection, colony_name: &str) -> Result<Vec<(String, Box<RawValue>)>> {
    let found = all(
        db,
        "WHERE colony_name = ? AND id IN (SELECT target_id FROM attributes WHERE type = 3)",
        [colony_name],
    )?;
    Ok(found.into_iter().map(|Spec { id, spec }| (id, spec)).collect())
}

/// The fields of a process that the rules of workflows use.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) wait_for_parents: bool,
    pub(crate) parents: Vec<String>,
    pub(crate) children: Vec<String>,
}

rows!("processes", Node { id, state, wait_for_parents, parents as json, children as json });

/// The nodes of a process graph, in the order in which they were added.
pub(crate) fn nodes_of_graph(db: &Connection, graph_id: &str) -> Result<Vec<Node>> {
    all(db, "WHERE graph_id = ? AND graph_id <> '' ORDER BY rowid", [graph_id])
}
