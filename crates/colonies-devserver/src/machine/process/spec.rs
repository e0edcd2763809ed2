//! Function specs: validation, and the form in which they are returned.

use std::collections::BTreeMap;

use colonies_proto::deep;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::submit::raw;
use crate::machine::resources::{parse_cpu, parse_memory, write_cpu, write_memory};
use crate::machine::{Outcome, Refusal};
use crate::store::processes::Requirements;
use crate::wire::FreeJson;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::machine) struct FunctionSpec {
    #[serde(rename = "nodename")]
    pub(in crate::machine) node_name: String,
    #[serde(rename = "funcname")]
    pub(in crate::machine) func_name: String,
    pub(in crate::machine) args: Vec<FreeJson>,
    pub(in crate::machine) kwargs: BTreeMap<String, FreeJson>,
    pub(in crate::machine) priority: i64,
    /// Seconds; -1 is no limit.
    #[serde(rename = "maxwaittime")]
    pub(in crate::machine) max_wait_time: i64,
    /// Seconds; -1 is no limit.
    #[serde(rename = "maxexectime")]
    pub(in crate::machine) max_exec_time: i64,
    /// -1 is without end.
    #[serde(rename = "maxretries")]
    pub(in crate::machine) max_retries: i64,
    pub(in crate::machine) conditions: Conditions,
    pub(in crate::machine) label: String,
    fs: Filesystem,
    pub(in crate::machine) env: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::machine) struct Conditions {
    #[serde(rename = "colonyname")]
    pub(in crate::machine) colony_name: String,
    #[serde(rename = "executornames")]
    executor_names: Option<Vec<String>>,
    #[serde(rename = "executortype")]
    pub(in crate::machine) executor_type: String,
    #[serde(rename = "locationname", skip_serializing_if = "String::is_empty")]
    pub(in crate::machine) location_name: String,
    /// Names of nodes of the same workflow.
    pub(in crate::machine) dependencies: Vec<String>,
    nodes: i64,
    cpu: String,
    processes: i64,
    #[serde(rename = "processespernode")]
    processes_per_node: i64,
    mem: String,
    storage: String,
    gpu: Gpu,
    walltime: i64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Gpu {
    name: String,
    mem: String,
    count: i64,
    #[serde(rename = "nodecount")]
    node_count: i64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Filesystem {
    mount: String,
    snapshots: Option<Vec<SnapshotMount>>,
    dirs: Option<Vec<SyncDir>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SnapshotMount {
    snapshotid: String,
    label: String,
    dir: String,
    keepfiles: bool,
    keepsnapshot: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SyncDir {
    label: String,
    dir: String,
    keepfiles: bool,
    onconflicts: OnConflicts,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct OnConflicts {
    onstart: OnConflict,
    onclose: OnConflict,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct OnConflict {
    keeplocal: bool,
}

/// A process that requires more nodes or processes than this is never assigned.
const MOST_NODES: i64 = 127;

impl FunctionSpec {
    /// Brings amounts into the form in which they read back, and tells what the spec asks of an executor.
    pub(super) fn normalize(&mut self) -> Outcome<Requirements> {
        let conditions = &mut self.conditions;
        let cpu = parse_cpu(&conditions.cpu)?;
        let mem = parse_memory(&conditions.mem)?;
        let storage = parse_memory(&conditions.storage)?;
        let gpu_mem = parse_memory(&conditions.gpu.mem)?;
        conditions.cpu = write_cpu(cpu);
        conditions.mem = write_memory(mem);
        conditions.storage = write_memory(storage);
        conditions.gpu.mem = write_memory(gpu_mem);
        conditions.gpu.node_count = 0;

        let executor_names = conditions.executor_names.clone().unwrap_or_default();
        let anyone = executor_names == ["*"];
        if anyone {
            // Reads back as an empty list: "*" is not a name.
            conditions.executor_names = Some(Vec::new());
        }
        let counts = [conditions.nodes, conditions.processes, conditions.processes_per_node];
        Ok(Requirements {
            assignable: storage == 0 && !anyone && counts.iter().all(|count| *count <= MOST_NODES),
            executor_names,
            location: conditions.location_name.to_lowercase(),
            cpu,
            mem,
        })
    }
}

/// A stored spec with another environment.
pub(in crate::machine) fn change_environment(
    spec: &RawValue,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Outcome<Box<RawValue>> {
    deep::with_stack(spec.get().as_bytes(), || {
        let mut spec: FunctionSpec = deep::from_text(spec.get())
            .map_err(|fault| Refusal::internal(format!("A stored function spec cannot be read: {fault}")))?;
        change(&mut spec.env);
        Ok(raw(serde_json::to_string(&spec).expect("a function spec is JSON")))
    })
}
