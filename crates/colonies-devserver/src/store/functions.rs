//! Functions that executors have registered, and their statistics.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};
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

rows!("functions", Function {
    id, colony_name, executor_name, executor_type, func_name, description, args as json, counter,
    min_wait_time, max_wait_time, min_exec_time, max_exec_time, avg_wait_time, avg_exec_time, location_name,
});

pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<Function>> {
    one(db, "WHERE id = ?", [id])
}

/// The first function of that name of an executor.
pub(crate) fn first(
    db: &Connection,
    colony: &str,
    executor: &str,
    func_name: &str,
) -> Result<Option<Function>> {
    one(
        db,
        "WHERE colony_name = ? AND executor_name = ? AND func_name = ?
             ORDER BY rowid LIMIT 1",
        [colony, executor, func_name],
    )
}

/// The functions of a colony, or of one executor in it.
pub(crate) fn list(db: &Connection, colony: &str, executor: Option<&str>) -> Result<Vec<Function>> {
    all(
        db,
        "WHERE colony_name = ?1 AND (?2 IS NULL OR executor_name = ?2) ORDER BY rowid",
        params![colony, executor],
    )
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
