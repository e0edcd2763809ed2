//! Executors of a colony.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::rows::{Stored, all, insert, one};
use super::{Result, to_json};
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

/// The fields of an executor that the rules use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) state: i64,
    pub(crate) location_name: String,
}

rows!("executors", Executor {
    colony_name, id, name, kind = "type", state, require_func_reg, commission_time, last_heard_from_time,
    location_name, capabilities as json, allocations as json, blueprint_id, blueprint_gen,
});

rows!("executors", Identity { id, name, kind = "type", state, location_name });

/// Adds an executor, or replaces the one of that name.
pub(crate) fn put(db: &Connection, executor: &Executor) -> Result<()> {
    let replaced: Vec<_> =
        Executor::COLUMNS.split(", ").map(|column| format!("{column} = excluded.{column}")).collect();
    let rest = format!("ON CONFLICT (colony_name, name) DO UPDATE SET {}", replaced.join(", "));
    insert(db, Executor::TABLE, Executor::COLUMNS, &executor.values()?, &rest)
}

pub(crate) fn by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Executor>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
}

/// All executors with this id, of all colonies.
pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Vec<Executor>> {
    all(db, "WHERE id = ? ORDER BY rowid", [id])
}

pub(crate) fn list(db: &Connection, colony_name: &str) -> Result<Vec<Executor>> {
    all(db, "WHERE colony_name = ? ORDER BY rowid", [colony_name])
}

/// The executor of a colony that has this id; an approved one goes before others with the same id.
pub(crate) fn identity(db: &Connection, colony_name: &str, id: &str) -> Result<Option<Identity>> {
    one(
        db,
        &format!("WHERE id = ? AND colony_name = ? ORDER BY state <> {APPROVED}, rowid LIMIT 1"),
        [id, colony_name],
    )
}

pub(crate) fn identity_by_name(db: &Connection, colony_name: &str, name: &str) -> Result<Option<Identity>> {
    one(db, "WHERE colony_name = ? AND name = ?", [colony_name, name])
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
