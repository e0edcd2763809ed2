//! Processes: the rows, and what may be changed in them. Searches are in the files beside.

mod queue;
mod search;

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::attributes::{self, Attribute};
use super::{Result, State, from_json, optional, raw_json, to_json};
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

const COLUMNS: &str = "id, initiator_id, initiator_name, assigned_executor_id, state, priority_time,
    submission_time, start_time, end_time, wait_deadline, exec_deadline, retries, spec, wait_for_parents, parents,
    children, graph_id, input, output, errors, colony_name, executor_type, node_name, func_name, label,
    max_wait_time, max_exec_time, max_retries";

fn read(row: &Row<'_>) -> Result<Process> {
    let assigned_executor_id: String = row.get(3)?;
    Ok(Process {
        id: row.get(0)?,
        initiator_id: row.get(1)?,
        initiator_name: row.get(2)?,
        is_assigned: !assigned_executor_id.is_empty(),
        assigned_executor_id,
        state: row.get(4)?,
        priority_time: row.get(5)?,
        submission_time: row.get(6)?,
        start_time: row.get(7)?,
        end_time: row.get(8)?,
        wait_deadline: row.get(9)?,
        exec_deadline: row.get(10)?,
        retries: row.get(11)?,
        attributes: Vec::new(),
        spec: raw_json(12, row.get(12)?)?,
        wait_for_parents: row.get(13)?,
        parents: ids(row, 14)?,
        children: ids(row, 15)?,
        graph_id: row.get(16)?,
        input: raw_json(17, row.get(17)?)?,
        output: raw_json(18, row.get(18)?)?,
        errors: raw_json(19, row.get(19)?)?,
        colony_name: row.get(20)?,
        executor_type: row.get(21)?,
        node_name: row.get(22)?,
        func_name: row.get(23)?,
        label: row.get(24)?,
        max_wait_time: row.get(25)?,
        max_exec_time: row.get(26)?,
        max_retries: row.get(27)?,
    })
}

fn ids(row: &Row<'_>, column: usize) -> Result<Vec<String>> {
    match row.get_ref(column)?.as_str()? {
        "[]" => Ok(Vec::new()),
        text => from_json(column, text),
    }
}

fn with_attributes(db: &Connection, mut process: Process) -> Result<Process> {
    process.attributes = attributes::of_process(db, &process.id)?;
    Ok(process)
}

pub(crate) fn get(db: &Connection, id: &str) -> Result<Option<Process>> {
    let found = optional(
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM processes WHERE id = ?"))?.query_row([id], read),
    )?;
    found.map(|process| with_attributes(db, process)).transpose()
}

/// Adds a process with its attributes.
pub(crate) fn add(db: &Connection, process: &Process, requirements: &Requirements) -> Result<()> {
    db.prepare_cached(&format!(
        "INSERT INTO processes ({COLUMNS}, assignable, executor_names, location, cpu, mem)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
             ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)"
    ))?
    .execute(params![
        process.id,
        process.initiator_id,
        process.initiator_name,
        process.assigned_executor_id,
        process.state,
        process.priority_time,
        process.submission_time,
        process.start_time,
        process.end_time,
        process.wait_deadline,
        process.exec_deadline,
        process.retries,
        process.spec.get(),
        process.wait_for_parents,
        to_json(&process.parents),
        to_json(&process.children),
        process.graph_id,
        process.input.get(),
        process.output.get(),
        process.errors.get(),
        process.colony_name,
        process.executor_type,
        process.node_name,
        process.func_name,
        process.label,
        process.max_wait_time,
        process.max_exec_time,
        process.max_retries,
        requirements.assignable,
        to_json(&requirements.executor_names),
        requirements.location,
        requirements.cpu,
        requirements.mem,
    ])?;
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
    let found: Result<Vec<Process>> = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM processes WHERE graph_id = ? AND graph_id <> '' ORDER BY rowid"
        ))?
        .query_map([graph_id], read)?
        .collect();
    found?.into_iter().map(|process| with_attributes(db, process)).collect()
}

/// The running processes of an executor of a colony, in the order in which they were added.
pub(crate) fn held_by(db: &Connection, colony_name: &str, executor_id: &str) -> Result<Vec<Process>> {
    let found: Result<Vec<Process>> = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM processes
             WHERE assigned_executor_id = ? AND state = 1 AND colony_name = ? ORDER BY rowid"
        ))?
        .query_map([executor_id, colony_name], read)?
        .collect();
    found?.into_iter().map(|process| with_attributes(db, process)).collect()
}

/// Identity and spec of the processes of a colony that have an environment.
pub(crate) fn with_environment(db: &Connection, colony_name: &str) -> Result<Vec<(String, Box<RawValue>)>> {
    db.prepare_cached(
        "SELECT id, spec FROM processes
         WHERE colony_name = ? AND id IN (SELECT target_id FROM attributes WHERE type = 3)",
    )?
    .query_map([colony_name], |row| Ok((row.get(0)?, raw_json(1, row.get(1)?)?)))?
    .collect()
}

/// What the rules of a workflow look at in a process.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) wait_for_parents: bool,
    pub(crate) parents: Vec<String>,
    pub(crate) children: Vec<String>,
}

/// The nodes of a process graph, in the order in which they were added.
pub(crate) fn nodes_of_graph(db: &Connection, graph_id: &str) -> Result<Vec<Node>> {
    db.prepare_cached(
        "SELECT id, state, wait_for_parents, parents, children FROM processes
         WHERE graph_id = ? AND graph_id <> '' ORDER BY rowid",
    )?
    .query_map([graph_id], |row| {
        Ok(Node {
            id: row.get(0)?,
            state: row.get(1)?,
            wait_for_parents: row.get(2)?,
            parents: ids(row, 3)?,
            children: ids(row, 4)?,
        })
    })?
    .collect()
}
