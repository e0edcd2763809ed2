//! Crons: workflows that are submitted again and again.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, optional};
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

fn read(row: &Row<'_>) -> Result<Cron> {
    Ok(Cron {
        id: row.get(0)?,
        colony_name: row.get(1)?,
        initiator_id: row.get(2)?,
        initiator_name: row.get(3)?,
        name: row.get(4)?,
        expression: row.get(5)?,
        interval: row.get(6)?,
        random: row.get(7)?,
        next_run: row.get(8)?,
        last_run: row.get(9)?,
        workflow_spec: row.get(10)?,
        previous_graph_id: row.get(11)?,
        wait_for_previous_graph: row.get(12)?,
        checker_period: 0,
    })
}

pub(crate) fn add(db: &Connection, cron: &Cron) -> Result<()> {
    db.prepare_cached("INSERT INTO crons VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            cron.id,
            cron.colony_name,
            cron.initiator_id,
            cron.initiator_name,
            cron.name,
            cron.expression,
            cron.interval,
            cron.random,
            cron.next_run,
            cron.last_run,
            cron.workflow_spec,
            cron.previous_graph_id,
            cron.wait_for_previous_graph,
        ],
    )?;
    Ok(())
}

pub(crate) fn get(db: &Connection, id: &str) -> Result<Option<Cron>> {
    optional(db.prepare_cached("SELECT * FROM crons WHERE id = ?")?.query_row([id], read))
}

pub(crate) fn has_name(db: &Connection, colony_name: &str, name: &str) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM crons WHERE colony_name = ? AND name = ?")?.exists([colony_name, name])
}

pub(crate) fn list(db: &Connection, colony_name: &str, count: i64) -> Result<Vec<Cron>> {
    db.prepare_cached("SELECT * FROM crons WHERE colony_name = ? ORDER BY rowid LIMIT ?")?
        .query_map(params![colony_name, count], read)?
        .collect()
}

/// The crons whose next run is not known yet, or not after `now`.
pub(crate) fn due(db: &Connection, now: Time) -> Result<Vec<Cron>> {
    db.prepare_cached("SELECT * FROM crons WHERE next_run <= ? ORDER BY next_run, rowid")?
        .query_map([now], read)?
        .collect()
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
