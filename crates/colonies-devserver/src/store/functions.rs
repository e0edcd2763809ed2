//! Functions that executors have registered, and their statistics.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, from_json, optional, to_json};
use crate::wire::float;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Function {
    #[serde(rename = "functionid")]
    pub(crate) id: String,
    #[serde(rename = "executorname")]
    pub(crate) executor_name: String,
    #[serde(rename = "executortype")]
    pub(crate) executor_type: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    #[serde(rename = "funcname")]
    pub(crate) func_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) args: Vec<Option<Arg>>,
    pub(crate) counter: i64,
    #[serde(rename = "minwaittime", serialize_with = "float")]
    pub(crate) min_wait_time: f64,
    #[serde(rename = "maxwaittime", serialize_with = "float")]
    pub(crate) max_wait_time: f64,
    #[serde(rename = "minexectime", serialize_with = "float")]
    pub(crate) min_exec_time: f64,
    #[serde(rename = "maxexectime", serialize_with = "float")]
    pub(crate) max_exec_time: f64,
    #[serde(rename = "avgwaittime", serialize_with = "float")]
    pub(crate) avg_wait_time: f64,
    #[serde(rename = "avgexectime", serialize_with = "float")]
    pub(crate) avg_exec_time: f64,
    #[serde(rename = "locationname", skip_serializing_if = "String::is_empty")]
    pub(crate) location_name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Arg {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

fn read(row: &Row<'_>) -> Result<Function> {
    Ok(Function {
        id: row.get(0)?,
        colony_name: row.get(1)?,
        executor_name: row.get(2)?,
        executor_type: row.get(3)?,
        func_name: row.get(4)?,
        description: row.get(5)?,
        args: from_json(6, row.get_ref(6)?.as_str()?)?,
        counter: row.get(7)?,
        min_wait_time: row.get(8)?,
        max_wait_time: row.get(9)?,
        min_exec_time: row.get(10)?,
        max_exec_time: row.get(11)?,
        avg_wait_time: row.get(12)?,
        avg_exec_time: row.get(13)?,
        location_name: row.get(14)?,
    })
}

pub(crate) fn add(db: &Connection, function: &Function) -> Result<()> {
    db.prepare_cached("INSERT INTO functions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            function.id,
            function.colony_name,
            function.executor_name,
            function.executor_type,
            function.func_name,
            function.description,
            to_json(&function.args),
            function.counter,
            function.min_wait_time,
            function.max_wait_time,
            function.min_exec_time,
            function.max_exec_time,
            function.avg_wait_time,
            function.avg_exec_time,
            function.location_name,
        ])?;
    Ok(())
}

pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<Function>> {
    optional(db.prepare_cached("SELECT * FROM functions WHERE id = ?")?.query_row([id], read))
}

/// The first function of that name of an executor.
pub(crate) fn first(
    db: &Connection,
    colony: &str,
    executor: &str,
    func_name: &str,
) -> Result<Option<Function>> {
    optional(
        db.prepare_cached(
            "SELECT * FROM functions WHERE colony_name = ? AND executor_name = ? AND func_name = ?
             ORDER BY rowid LIMIT 1",
        )?
        .query_row([colony, executor, func_name], read),
    )
}

/// The functions of a colony, or of one executor in it.
pub(crate) fn list(db: &Connection, colony: &str, executor: Option<&str>) -> Result<Vec<Function>> {
    db.prepare_cached(
        "SELECT * FROM functions WHERE colony_name = ?1 AND (?2 IS NULL OR executor_name = ?2) ORDER BY rowid",
    )?
    .query_map(params![colony, executor], read)?
    .collect()
}

/// Writes the statistics of `function` to all functions of its name that its executor has.
pub(crate) fn set_statistics(db: &Connection, function: &Function) -> Result<()> {
    db.prepare_cached(
        "UPDATE functions SET counter = ?, min_wait_time = ?, max_wait_time = ?, min_exec_time = ?,
             max_exec_time = ?, avg_wait_time = ?, avg_exec_time = ?
         WHERE colony_name = ? AND executor_name = ? AND func_name = ?",
    )?
    .execute(params![
        function.counter,
        function.min_wait_time,
        function.max_wait_time,
        function.min_exec_time,
        function.max_exec_time,
        function.avg_wait_time,
        function.avg_exec_time,
        function.colony_name,
        function.executor_name,
        function.func_name,
    ])?;
    Ok(())
}

pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM functions WHERE id = ?")?.execute([id])?;
    Ok(())
}

pub(crate) fn remove_all(db: &Connection, colony: &str, executor: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM functions WHERE colony_name = ? AND executor_name = ?")?
        .execute([colony, executor])?;
    Ok(())
}
