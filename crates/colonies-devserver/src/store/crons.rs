//! Crons: workflows that are submitted on a schedule.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::Result;
pub(crate) use super::rows::add;
use super::rows::{all, one};
use crate::wire::Time;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Cron {
    #[serde(rename = "cronid")]
    pub(crate) id: String,
    #[serde(rename = "initiatorid")]
    pub(crate) initiator_id: String,
    #[serde(rename = "initiatorname")]
    pub(crate) initiator_name: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) name: String,
    #[serde(rename = "cronexpression")]
    pub(crate) expression: String,
    /// Seconds; -1 where the expression counts.
    pub(crate) interval: i64,
    pub(crate) random: bool,
    #[serde(rename = "nextrun")]
    pub(crate) next_run: Time,
    #[serde(rename = "lastrun")]
    pub(crate) last_run: Time,
    /// JSON text of a workflow spec.
    #[serde(rename = "workflowspec")]
    pub(crate) workflow_spec: String,
    #[serde(rename = "prevprocessgraphid")]
    pub(crate) previous_graph_id: String,
    #[serde(rename = "waitforprevprocessgraph")]
    pub(crate) wait_for_previous_graph: bool,
    /// Milliseconds; not stored.
    #[serde(rename = "checkerperiod")]
    pub(crate) checker_period: i64,
}

rows!("crons", Cron {
    id, colony_name, initiator_id, initiator_name, name, expression, interval, random, next_run, last_run,
    workflow_spec, previous_graph_id, wait_for_previous_graph,
} checker_period: 0);

pub(crate) fn get(db: &Connection, id: &str) -> Result<Option<Cron>> {
    one(db, "WHERE id = ?", [id])
}

pub(crate) fn has_name(db: &Connection, colony_name: &str, name: &str) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM crons WHERE colony_name = ? AND name = ?")?.exists([colony_name, name])
}

pub(crate) fn list(db: &Connection, colony_name: &str, count: i64) -> Result<Vec<Cron>> {
    all(db, "WHERE colony_name = ? ORDER BY rowid LIMIT ?", params![colony_name, count])
}

/// The crons whose next run is not known yet, or not after `now`.
pub(crate) fn due(db: &Connection, now: Time) -> Result<Vec<Cron>> {
    all(db, "WHERE next_run <= ? ORDER BY next_run, rowid", [now])
}

/// The next run of all, the zero time where one is not known yet.
pub(crate) fn first_run(db: &Connection) -> Result<Option<Time>> {
    db.prepare_cached("SELECT min(next_run) FROM crons")?.query_row([], |row| row.get(0))
}

/// Writes when a cron ran and runs next, and the graph it made.
pub(crate) fn set_runs(db: &Connection, cron: &Cron) -> Result<()> {
    db.prepare_cached("UPDATE crons SET next_run = ?, last_run = ?, previous_graph_id = ? WHERE id = ?")?
        .execute(params![cron.next_run, cron.last_run, cron.previous_graph_id, cron.id])?;
    Ok(())
}

pub(crate) fn remove_by_name(db: &Connection, colony_name: &str, name: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM crons WHERE colony_name = ? AND name = ?")?
        .execute([colony_name, name])?;
    Ok(())
}

pub(crate) fn remove(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM crons WHERE id = ?")?.execute([id])?;
    Ok(())
}
