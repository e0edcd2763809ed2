//! Messages on the server as a whole.

use serde::Serialize;

use super::access::server_owner;
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::{colonies, executors, processes, settings};

messages! {
    Ask { _build_version: String = "buildversion", _build_time: String = "buildtime" }
    Plain {}
    ChangeId { server_id: String = "serverid" }
}

const BUILD_VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Serialize)]
struct VersionReply {
    buildversion: &'static str,
    buildtime: &'static str,
    msgtype: &'static str,
}

#[expect(clippy::unnecessary_wraps, reason = "it is a handler like the others")]
pub(super) fn version(_: &mut Context<'_>, _: Ask) -> Outcome {
    Ok(Answer::json(&VersionReply { buildversion: BUILD_VERSION, buildtime: "", msgtype: "versionmsg" }))
}

#[derive(Serialize)]
struct Info {
    buildversion: &'static str,
    buildtime: &'static str,
    backends: [Backend; 1],
}

#[derive(Serialize)]
struct Backend {
    #[serde(rename = "type")]
    kind: &'static str,
    port: u16,
    host: String,
}

pub(super) fn info(context: &Context<'_>) -> Answer {
    let address = context.settings.address;
    Answer::json(&Info {
        buildversion: BUILD_VERSION,
        buildtime: "",
        backends: [Backend { kind: "http", port: address.port(), host: address.ip().to_string() }],
    })
}

#[derive(Clone, Serialize)]
struct Node {
    name: &'static str,
    host: String,
    port: u16,
    peerport: u16,
    relayport: u16,
    apiport: u16,
}

#[derive(Serialize)]
struct Cluster {
    nodes: [Node; 1],
    leader: Node,
}

pub(super) fn cluster(context: &mut Context<'_>, _: Plain) -> Outcome {
    server_owner(context)?;
    let address = context.settings.address;
    let node = Node {
        name: "dev",
        host: address.ip().to_string(),
        port: 0,
        peerport: 0,
        relayport: 0,
        apiport: address.port(),
    };
    Ok(Answer::json(&Cluster { nodes: [node.clone()], leader: node }))
}

/// Counts over a colony, or over all.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Statistics {
    pub(super) colonies: i64,
    pub(super) executors: i64,
    #[serde(rename = "activeexecutors")]
    pub(super) active_executors: i64,
    #[serde(rename = "unregisteredexecutors")]
    pub(super) unregistered_executors: i64,
    #[serde(rename = "waitingprocesses")]
    pub(super) waiting_processes: i64,
    #[serde(rename = "runningprocesses")]
    pub(super) running_processes: i64,
    #[serde(rename = "successfulprocesses")]
    pub(super) successful_processes: i64,
    #[serde(rename = "failedprocesses")]
    pub(super) failed_processes: i64,
    #[serde(rename = "cancelledprocesses")]
    pub(super) cancelled_processes: i64,
    #[serde(rename = "waitingworkflows")]
    pub(super) waiting_workflows: i64,
    #[serde(rename = "runningworkflows")]
    pub(super) running_workflows: i64,
    #[serde(rename = "successfulworkflows")]
    pub(super) successful_workflows: i64,
    #[serde(rename = "failedworkflows")]
    pub(super) failed_workflows: i64,
    #[serde(rename = "cancelledworkflows")]
    pub(super) cancelled_workflows: i64,
}

/// Executors that were removed are left out; what a Colonies server does not count over all colonies is 0.
pub(super) fn statistics(context: &mut Context<'_>, _: Plain) -> Outcome {
    server_owner(context)?;
    let [pending, approved, rejected, _] = executors::counts(context.db, None)?;
    let [waiting, running, successful, failed, _] = processes::counts(context.db, None)?;
    Ok(Answer::json(&Statistics {
        colonies: colonies::count(context.db)?,
        executors: pending + approved + rejected,
        waiting_processes: waiting,
        running_processes: running,
        successful_processes: successful,
        failed_processes: failed,
        ..Statistics::default()
    }))
}

pub(super) fn change_id(context: &mut Context<'_>, message: ChangeId) -> Outcome<()> {
    if message.server_id.is_empty() {
        return Err(Refusal::bad_request("Failed to change colony Id, colony Id is empty"));
    }
    server_owner(context)?;
    settings::set_server_id(context.db, &message.server_id)?;
    Ok(())
}
