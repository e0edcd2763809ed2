//! Workflows: processes that wait for each other, and their graph.

pub(super) mod child;
mod layout;
pub(super) mod read;
pub(super) mod remove;
pub(super) mod resolve;
pub(super) mod submit;

use serde::Serialize;

use super::{Outcome, Refusal};
use crate::store::State;
use crate::store::graphs::Graph;
use crate::wire::Time;

/// A process graph as it is sent.
#[derive(Serialize)]
struct GraphView<'a> {
    processgraphid: &'a str,
    initiatorid: &'a str,
    initiatorname: &'a str,
    colonyname: &'a str,
    /// Null if absent.
    rootprocessids: Option<&'a [String]>,
    state: State,
    submissiontime: Time,
    starttime: Time,
    endtime: Time,
    processids: Option<Vec<String>>,
    nodes: Vec<layout::Node>,
    edges: Vec<layout::Edge>,
}

impl<'a> GraphView<'a> {
    fn new(graph: &'a Graph, processids: Option<Vec<String>>) -> Self {
        Self {
            processgraphid: &graph.id,
            initiatorid: &graph.initiator_id,
            initiatorname: &graph.initiator_name,
            colonyname: &graph.colony_name,
            rootprocessids: Some(graph.roots.as_slice()).filter(|roots| !roots.is_empty()),
            state: graph.state,
            submissiontime: graph.submission_time,
            starttime: graph.start_time,
            endtime: graph.end_time,
            processids,
            nodes: Vec::new(),
            edges: Vec::new(),
        }
    }
}

/// A process of the graph no longer exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost(String);

impl From<Lost> for Refusal {
    fn from(Lost(id): Lost) -> Self {
        Self::bad_request(format!("Failed to iterate processgraph, process with ID={id} not found"))
    }
}

/// An existing process graph; a refusal otherwise.
fn find(context: &super::Context<'_>, id: &str, failed: &str) -> Outcome<Graph> {
    crate::store::graphs::get(context.db, id)?
        .ok_or_else(|| Refusal::internal(format!("{failed}, graph is nil")))
}
