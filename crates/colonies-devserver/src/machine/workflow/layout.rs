//! Positions of the nodes of a process graph.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::store::State;
use crate::store::processes::Process;

const NODE_WIDTH: i64 = 150;
const GAP: i64 = 50;
const LEVEL_HEIGHT: i64 = 80;

#[derive(Debug, Serialize)]
pub(super) struct Node {
    id: String,
    data: Data,
    position: Position,
    #[serde(rename = "type")]
    kind: &'static str,
    style: Style,
}

#[derive(Debug, Serialize)]
struct Data {
    label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Position {
    x: i64,
    y: i64,
}

#[derive(Debug, Serialize)]
struct Style {
    color: &'static str,
    background: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Edge {
    id: String,
    source: String,
    target: String,
    animated: bool,
}

fn background(state: State) -> &'static str {
    match state {
        State::Waiting => "#eee8d8",
        State::Running => "#4689cd",
        State::Successful => "#92d050",
        State::Failed => "#cb4239",
        State::Cancelled => "#f5a623",
    }
}

fn width(nodes: i64) -> i64 {
    NODE_WIDTH * nodes + GAP * (nodes - 1).max(0)
}

/// Nodes and edges of the processes that can be reached from the roots, level by level, each level centred.
pub(super) fn draw(processes: &HashMap<&str, &Process>, roots: &[String]) -> (Vec<Node>, Vec<Edge>) {
    let mut levels: Vec<i64> = Vec::new();
    let mut placed: Vec<(&Process, usize, i64)> = Vec::new();
    let mut edges = Vec::new();
    let mut seen = HashSet::new();
    let mut pending: Vec<(&str, usize)> = roots.iter().rev().map(|root| (root.as_str(), 0)).collect();
    while let Some((id, depth)) = pending.pop() {
        let Some(&process) = processes.get(id) else { continue };
        if !seen.insert(id) {
            continue;
        }
        if levels.len() <= depth {
            levels.resize(depth + 1, 0);
        }
        placed.push((process, depth, levels[depth]));
        levels[depth] += 1;
        edges.extend(process.children.iter().map(|child| Edge {
            id: format!("{id}-{child}"),
            source: id.to_owned(),
            target: child.clone(),
            animated: process.state == State::Running,
        }));
        pending.extend(process.children.iter().rev().map(|child| (child.as_str(), depth + 1)));
    }
    let widest = levels.iter().map(|count| width(*count)).max().unwrap_or(0);
    let nodes = placed.into_iter().map(|(process, depth, before)| {
        let shift = widest / 2 - width(levels[depth]) / 2;
        Node {
            id: process.id.clone(),
            data: Data { label: process.node_name.clone() },
            position: Position {
                x: (NODE_WIDTH + GAP) * before + shift,
                y: LEVEL_HEIGHT * i64::try_from(depth).unwrap_or(i64::MAX / LEVEL_HEIGHT),
            },
            kind: match (process.parents.is_empty(), process.children.is_empty()) {
                (true, _) => "input",
                (false, true) => "output",
                (false, false) => "",
            },
            style: Style { color: "", background: background(process.state) },
        }
    });
    (nodes.collect(), edges)
}
