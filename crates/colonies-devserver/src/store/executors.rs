//! Executors of a colony.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, from_json, optional, to_json};
use crate::wire::Time;

pub(crate) const PENDING: i64 = 0;
pub(crate) const APPROVED: i64 = 1;
pub(crate) const REJECTED: i64 = 2;
pub(crate) const UNREGISTERED: i64 = 3;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Executor {
    #[serde(rename = "executorid")]
    pub(crate) id: String,
    #[serde(rename = "executortype")]
    pub(crate) kind: String,
    #[serde(rename = "executorname")]
    pub(crate) name: String,
    #[serde(rename = "colonyname")]
    pub(crate) colony_name: String,
    pub(crate) state: i64,
    #[serde(rename = "requirefuncreg")]
    pub(crate) require_func_reg: bool,
    #[serde(rename = "commissiontime")]
    pub(crate) commission_time: Time,
    #[serde(rename = "lastheardfromtime")]
    pub(crate) last_heard_from_time: Time,
    #[serde(rename = "locationname", skip_serializing_if = "String::is_empty")]
    pub(crate) location_name: String,
    pub(crate) capabilities: Capabilities,
    pub(crate) allocations: Allocations,
    #[serde(rename = "blueprintid", skip_serializing_if = "String::is_empty")]
    pub(crate) blueprint_id: String,
    #[serde(rename = "blueprintgen", skip_serializing_if = "is_zero")]
    pub(crate) blueprint_gen: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Capabilities {
    hardware: Option<Vec<Hardware>>,
    software: Option<Vec<Software>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Hardware {
    model: String,
    nodes: i64,
    cpu: String,
    cores: i64,
    mem: String,
    storage: String,
    gpu: HardwareGpu,
    platform: String,
    architecture: String,
    network: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct HardwareGpu {
    name: String,
    mem: String,
    count: i64,
    nodecount: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Software {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Allocations {
    projects: Option<BTreeMap<String, Project>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Project {
    allocatedcpu: i64,
    usedcpu: i64,
    allocatedgpu: i64,
    usedgpu: i64,
    allocatedstorage: i64,
    usedstorage: i64,
}

/// What the rules look at in an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) state: i64,
    pub(crate) location_name: String,
}

fn read(row: &Row<'_>) -> Result<Executor> {
    Ok(Executor {
        colony_name: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        kind: row.get(3)?,
        state: row.get(4)?,
        require_func_reg: row.get(5)?,
        commission_time: row.get(6)?,
        last_heard_from_time: row.get(7)?,
        location_name: row.get(8)?,
        capabilities: from_json(9, row.get_ref(9)?.as_str()?)?,
        allocations: from_json(10, row.get_ref(10)?.as_str()?)?,
        blueprint_id: row.get(11)?,
        blueprint_gen: row.get(12)?,
    })
}

const IDENTITY: &str = "SELECT id, name, type, state, location_name FROM executors";

fn read_identity(row: &Row<'_>) -> Result<Identity> {
    Ok(Identity {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: row.get(2)?,
        state: row.get(3)?,
        location_name: row.get(4)?,
    })
}

/// Adds an executor, or replaces the one of that name.
pub(crate) fn put(db: &Connection, executor: &Executor) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO executors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (colony_name, name) DO UPDATE SET
             id = excluded.id, type = excluded.type, state = excluded.state,
             require_func_reg = excluded.require_func_reg, commission_time = excluded.commission_time,
             last_heard_from_time = excluded.last_heard_from_time, location_name = excluded.location_name,
             capabilities = excluded.capabilities, allocations = excluded.allocations,
             blueprint_id = excluded.blueprint_id, blueprint_gen = excluded.blueprint_gen",
    )?
    .execute(params![
        executor.colony_name,
        executor.id,
        executor.name,
        executor.kind,
        executor.state,
        executor.require_func_reg,
        executor.commission_time,
        executor.last_heard_from_time,
        executor.location_name,
        to_json(&executor.capabilities),
        to_json(&executor.allocations),
        executor.blueprint_id,
        executor.blueprint_gen,
    ])?;
    Ok(())
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Executor>> {
    optional(
        db.prepare_cached("SELECT * FROM executors WHERE colony_name = ? AND name = ?")?
            .query_row([colony_name, name], read),
    )
}

/// All executors with this id, of all colonies.
pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Vec<Executor>> {
    db.prepare_cached("SELECT * FROM executors WHERE id = ? ORDER BY rowid")?.query_map([id], read)?.collect()
}

pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Executor>> {
    db.prepare_cached("SELECT * FROM executors WHERE colony_name = ? ORDER BY rowid")?
        .query_map([colony_name], read)?
        .collect()
}

/// The executor of a colony that has this id; an approved one goes before others with the same id.
pub(crate) fn identity(db: &Connection, colony_name: &str, id: &str) -> Result<Option<Identity>> {
    optional(
        db.prepare_cached(&format!(
            "{IDENTITY} WHERE id = ? AND colony_name = ? ORDER BY state <> {APPROVED}, rowid LIMIT 1"
        ))?
        .query_row([id, colony_name], read_identity),
    )
}

pub(crate) fn identity_by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Identity>> {
    optional(
        db.prepare_cached(&format!("{IDENTITY} WHERE colony_name = ? AND name = ?"))?
            .query_row([colony_name, name], read_identity),
    )
}

pub(crate) fn is_known(db: &Connection, id: &str) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM executors WHERE id = ?")?.exists([id])
}

pub(crate) fn set_state(db: &Connection, colony_name: &str, name: &str, state: i64) -> Result<()> {
    db.prepare_cached("UPDATE executors SET state = ? WHERE colony_name = ? AND name = ?")?
        .execute(params![state, colony_name, name])?;
    Ok(())
}

pub(crate) fn set_id(db: &Connection, colony_name: &str, name: &str, id: &str) -> Result<()> {
    db.prepare_cached("UPDATE executors SET id = ? WHERE colony_name = ? AND name = ?")?.execute([
        id,
        colony_name,
        name,
    ])?;
    Ok(())
}

pub(crate) fn set_heard(db: &Connection, colony_name: &str, name: &str, now: Time) -> Result<()> {
    db.prepare_cached("UPDATE executors SET last_heard_from_time = ? WHERE colony_name = ? AND name = ?")?
        .execute(params![now, colony_name, name])?;
    Ok(())
}

/// Moves the last-heard times of all executors forward; those that were never heard of stay so.
pub(crate) fn shift_heard(db: &Connection, micros: i64) -> Result<()> {
    db.prepare_cached(
        "UPDATE executors SET last_heard_from_time = last_heard_from_time + ?1
         WHERE last_heard_from_time NOT IN (?2) AND last_heard_from_time < ?3 - ?1",
    )?
    .execute(params![micros, Time::ZERO, Time::NEVER])?;
    Ok(())
}

pub(crate) fn set_capabilities(
    db: &Connection,
    colony: &str,
    name: &str,
    value: &Capabilities,
) -> Result<()> {
    db.prepare_cached("UPDATE executors SET capabilities = ? WHERE colony_name = ? AND name = ?")?
        .execute([&to_json(value), colony, name])?;
    Ok(())
}

pub(crate) fn set_allocations(db: &Connection, colony: &str, name: &str, value: &Allocations) -> Result<()> {
    db.prepare_cached("UPDATE executors SET allocations = ? WHERE colony_name = ? AND name = ?")?
        .execute([&to_json(value), colony, name])?;
    Ok(())
}

/// Colony and name of every executor that was heard of once, but not since `since`, and is still there.
pub(crate) fn not_heard_since(db: &Connection, since: Time) -> Result<Vec<(String, String)>> {
    db.prepare_cached(&format!(
        "SELECT colony_name, name FROM executors
         WHERE state <> {UNREGISTERED} AND last_heard_from_time < ? AND last_heard_from_time <> ? ORDER BY rowid"
    ))?
    .query_map(params![since, Time::ZERO], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// When the executor was last heard of that has been silent the longest.
pub(crate) fn longest_silent(db: &Connection) -> Result<Option<Time>> {
    db.prepare_cached(&format!(
        "SELECT min(last_heard_from_time) FROM executors WHERE state <> {UNREGISTERED} AND last_heard_from_time <> ?"
    ))?
    .query_row([Time::ZERO], |row| row.get(0))
}

/// How many executors of a colony, or of all, are in each of the four states.
pub(crate) fn counts(db: &Connection, colony_name: Option<&str>) -> Result<[i64; 4]> {
    let mut counts = [0; 4];
    let mut statement = db.prepare_cached(
        "SELECT state, count(*) FROM executors WHERE ?1 IS NULL OR colony_name = ?1 GROUP BY state",
    )?;
    let mut rows = statement.query([colony_name])?;
    while let Some(row) = rows.next()? {
        if let Some(count) = counts.get_mut(usize::from(row.get::<_, u8>(0)?)) {
            *count = row.get(1)?;
        }
    }
    Ok(counts)
}
