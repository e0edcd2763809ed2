//! The steps in which a Colonies server makes a change, for readers that come in between.
//!
//! A Colonies server stores one change in several statements: a process before its environment, a failed state before
//! the errors, the nodes of a workflow before the state of its graph. This server stores a change at once. With lags,
//! it shows the change to readers in the order of a Colonies server, with random times in between: each part is
//! hidden until its time has come. Rules and the store always see the whole change.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;

use super::process::spec::change_environment;
use crate::store::attributes::ENV;
use crate::store::crons::Cron;
use crate::store::graphs::Graph;
use crate::store::logs::Log;
use crate::store::processes::{Node, Process};
use crate::wire::Time;

/// How often a step takes time, in percent, and how long at most. Measured at a Colonies server v1.9.12 and
/// exaggerated, so that a test meets them within a few calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    percent: u8,
    micros: u64,
}

impl Step {
    /// From the row of a process to its environment, and on to its attributes.
    pub(crate) const ATTRIBUTES: Self = Self { percent: 20, micros: 40_000 };
    /// From a new process graph to its nodes. Meanwhile, reading it and listing it are refused.
    pub(crate) const NODES: Self = Self { percent: 50, micros: 60_000 };
    /// From the state of a failed process to its errors.
    pub(crate) const ERRORS: Self = Self { percent: 50, micros: 40_000 };
    /// From one node of a workflow to the next, where all of them change.
    pub(crate) const NODE: Self = Self { percent: 50, micros: 10_000 };
    /// From the nodes of a workflow to the state of its graph.
    pub(crate) const GRAPH: Self = Self { percent: 75, micros: 150_000 };
    /// From the assignment of a process to its input, the outputs of its parents.
    pub(crate) const INPUT: Self = Self { percent: 50, micros: 40_000 };
    /// From a new child to its place among the others.
    pub(crate) const LINKS: Self = Self { percent: 50, micros: 40_000 };
    /// From the workflow that a cron submitted to the update of the cron's record.
    pub(crate) const CRON: Self = Self { percent: 50, micros: 100_000 };
    /// From an executor that is taken out of service to its processes.
    pub(crate) const CLEAN_UP: Self = Self { percent: 75, micros: 100_000 };
    /// From the time of a log line to the line. Other lines, with later times, are shown before it.
    pub(crate) const LINE: Self = Self { percent: 25, micros: 20_000 };
    /// From the end of a change to the message to subscribers.
    pub(crate) const SIGNAL: Self = Self { percent: 75, micros: 30_000 };
    /// From the reading of a process to the registration of its subscriber, who misses what changes in between.
    pub(crate) const SUBSCRIBE: Self = Self { percent: 30, micros: 60_000 };
    /// From an empty queue to the registration of the executor that waits. What comes in between is free for others.
    pub(crate) const WAIT: Self = Self { percent: 30, micros: 30_000 };
    /// What comes in between is missed by the executor that waits, too, until it asks again.
    pub(crate) const MISS: Self = Self { percent: 50, micros: 1 };
}

/// What a reader sees instead of a part that has not been stored yet.
#[derive(Clone, Debug)]
enum Before {
    Environment,
    Attributes,
    Errors(Box<RawValue>),
    Input(Box<RawValue>),
    State(Box<Process>),
    Links {
        parents: Vec<String>,
        children: Vec<String>,
    },
    Graph(Box<Graph>),
    NoNodes,
    Cron(Box<Cron>),
    /// A log line of this time is not there.
    NoLine(i64),
}

#[derive(Debug)]
struct Hidden {
    until: Time,
    before: Before,
}

#[derive(Debug)]
struct Pending {
    random: fastrand::Rng,
    hidden: HashMap<String, Vec<Hidden>>,
}

/// The lags of a server; without a seed it has none.
#[derive(Debug, Default)]
pub(crate) struct Lags(Option<Mutex<Pending>>);

impl Lags {
    /// The same seed and the same changes bring about the same lags.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(seed.map(|seed| {
            Mutex::new(Pending { random: fastrand::Rng::with_seed(seed), hidden: HashMap::new() })
        }))
    }

    /// Begins a change: its parts are stored one after the other from now on.
    pub(crate) fn change(&self, now: Time) -> Change<'_> {
        Change { lags: self, now, reached: Cell::new(now) }
    }

    fn pending(&self) -> Option<MutexGuard<'_, Pending>> {
        self.0.as_ref().map(|pending| pending.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The parts of a change so far, and the time at which the last one is stored. Each part that is added is stored after
/// those before.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    lags: &'a Lags,
    now: Time,
    reached: Cell<Time>,
}

impl Change<'_> {
    /// How long it takes until the parts so far are stored.
    pub(crate) fn lag(&self) -> Duration {
        let micros = self.reached.get().micros().saturating_sub(self.now.micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Lets a step pass, and returns how long all steps so far take.
    pub(crate) fn pass(&self, step: Step) -> Duration {
        if let Some(mut pending) = self.lags.pending()
            && pending.random.u8(..100) < step.percent
        {
            let micros = pending.random.u64(1..=step.micros);
            self.reached.set(self.reached.get().plus(Duration::from_micros(micros)));
        }
        self.lag()
    }

    /// Hides the environment and the attributes of a new process, one after the other.
    pub(crate) fn added(&self, process: &Process) {
        if !process.attributes.is_empty() {
            self.hide(Step::ATTRIBUTES, &process.id, || Before::Environment);
            self.hide(Step::ATTRIBUTES, &process.id, || Before::Attributes);
        }
    }

    /// Hides the errors of a process that has just failed.
    pub(crate) fn failed(&self, before: &Process) {
        self.hide(Step::ERRORS, &before.id, || Before::Errors(before.errors.clone()));
    }

    /// Hides the input of a process that is being assigned; the answer to the assignment has it.
    pub(crate) fn input(&self, before: &Process) {
        self.hide(Step::INPUT, &before.id, || Before::Input(before.input.clone()));
    }

    /// Hides the new state of a process.
    pub(crate) fn state(&self, step: Step, before: &Process) {
        self.hide(step, &before.id, || Before::State(Box::new(before.clone())));
    }

    /// Hides the new place of a process in its workflow.
    pub(crate) fn links(&self, before: &Process) {
        let (parents, children) = (&before.parents, &before.children);
        self.hide(Step::LINKS, &before.id, || Before::Links {
            parents: parents.clone(),
            children: children.clone(),
        });
    }

    /// Hides the new state of a graph.
    pub(crate) fn graph(&self, before: &Graph) {
        self.hide(Step::GRAPH, &before.id, || Before::Graph(Box::new(before.clone())));
    }

    /// Hides the nodes of a new graph.
    pub(crate) fn nodes(&self, graph: &Graph) {
        self.hide(Step::NODES, &graph.id, || Before::NoNodes);
    }

    /// Hides the new run of a cron.
    pub(crate) fn cron(&self, before: &Cron) {
        self.hide(Step::CRON, &before.id, || Before::Cron(Box::new(before.clone())));
    }

    /// Hides a new log line.
    pub(crate) fn line(&self, log: &Log) {
        self.hide(Step::LINE, log.writer(), || Before::NoLine(log.timestamp));
    }

    /// Shows the present state of a process from now on: it has changed again.
    pub(crate) fn complete(&self, id: &str) {
        let Some(mut pending) = self.lags.pending() else { return };
        if let Some(parts) = pending.hidden.get_mut(id) {
            parts.retain(|part| !matches!(part.before, Before::State(_)));
        }
    }

    /// True where the server is to behave as a Colonies server does, to the disadvantage of its clients.
    pub(crate) fn is_realistic(&self) -> bool {
        self.lags.0.is_some()
    }

    fn hide(&self, step: Step, id: &str, before: impl FnOnce() -> Before) {
        self.pass(step);
        let until = self.reached.get();
        let Some(mut pending) = self.lags.pending() else { return };
        if until > self.now {
            let now = self.now;
            pending.hidden.retain(|_, parts| parts.iter().any(|part| part.until > now));
            pending.hidden.entry(id.to_owned()).or_default().push(Hidden { until, before: before() });
        }
    }

    fn overlay(&self, id: &str, mut apply: impl FnMut(&Before)) {
        let Some(pending) = self.lags.pending() else { return };
        // The oldest state that is still shown was hidden first; it wins as it is applied last.
        for part in pending.hidden.get(id).into_iter().flatten().rev() {
            if part.until > self.now {
                apply(&part.before);
            }
        }
    }

    /// The process as a reader sees it now.
    pub(crate) fn shown(&self, mut process: Process) -> Process {
        let mut hides = Vec::new();
        self.overlay(&process.id.clone(), |before| hides.push(before.clone()));
        for before in hides {
            match before {
                Before::Environment => {
                    if let Ok(spec) = change_environment(&process.spec, BTreeMap::clear) {
                        process.spec = spec;
                    }
                }
                Before::Attributes => process.attributes.retain(|attribute| attribute.kind != ENV),
                Before::Errors(errors) => process.errors = errors,
                Before::Input(input) => process.input = input,
                Before::State(before) => {
                    process.state = before.state;
                    process.is_assigned = before.is_assigned;
                    process.assigned_executor_id = before.assigned_executor_id;
                    process.start_time = before.start_time;
                    process.end_time = before.end_time;
                    process.errors = before.errors;
                }
                Before::Links { parents, children } => {
                    (process.parents, process.children) = (parents, children);
                }
                Before::Graph(_) | Before::NoNodes | Before::Cron(_) | Before::NoLine(_) => {}
            }
        }
        process
    }

    /// The place of a process in its workflow as a reader sees it now.
    pub(crate) fn shown_node(&self, mut node: Node) -> Node {
        self.overlay(&node.id.clone(), |before| match before {
            Before::Links { parents, children } => {
                (node.parents, node.children) = (parents.clone(), children.clone());
            }
            Before::State(before) => node.state = before.state,
            _ => {}
        });
        node
    }

    /// True if a reader sees the graph already, and its nodes not yet.
    pub(crate) fn hides_nodes(&self, graph: &Graph) -> bool {
        let mut hides = false;
        self.overlay(&graph.id, |before| hides |= matches!(before, Before::NoNodes));
        hides
    }

    /// The graph as a reader sees it now.
    pub(crate) fn shown_graph(&self, mut graph: Graph) -> Graph {
        self.overlay(&graph.id.clone(), |before| {
            if let Before::Graph(before) = before {
                graph.clone_from(before);
            }
        });
        graph
    }

    /// The cron as a reader sees it now.
    pub(crate) fn shown_cron(&self, mut cron: Cron) -> Cron {
        self.overlay(&cron.id.clone(), |before| {
            if let Before::Cron(before) = before {
                cron.clone_from(before);
            }
        });
        cron
    }

    /// The times of the lines of a process or executor that no reader sees yet.
    pub(crate) fn hidden_lines(&self, writer: &str) -> Vec<i64> {
        let mut times = Vec::new();
        self.overlay(writer, |before| {
            if let Before::NoLine(time) = before {
                times.push(*time);
            }
        });
        times
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::Seed;
    use crate::devkeys::COLONY_NAME;
    use crate::machine::testing::Machine;

    fn spec(name: &str, after: &[&str]) -> Value {
        json!({"funcname": "f", "nodename": name, "maxexectime": 60, "env": {"COLOUR": "red"},
            "conditions": {"colonyname": COLONY_NAME, "executortype": "cli", "dependencies": after}})
    }

    fn get(machine: &Machine, id: &Value) -> Value {
        machine.call(&json!({"msgtype": "getprocessmsg", "processid": id})).unwrap()
    }

    fn get_graph(machine: &Machine, id: &Value) -> Value {
        machine.call(&json!({"msgtype": "getprocessgraphmsg", "processgraphid": id})).unwrap()
    }

    fn run_next(machine: &Machine) -> Value {
        let assign = json!({"msgtype": "assignprocessmsg", "colonyname": COLONY_NAME, "timeout": -1});
        machine.call(&assign).unwrap()
    }

    fn wait(machine: &mut Machine, millis: u64) {
        machine.now = machine.now.plus(Duration::from_millis(millis));
    }

    fn submit(machine: &Machine) -> Value {
        let submit = json!({"msgtype": "submitfuncspecmsg", "spec": spec("", &[])});
        machine.call(&submit).unwrap()["processid"].clone()
    }

    /// Which parts of a failed process are shown, each millisecond.
    fn failures(seed: Option<u64>) -> Vec<(bool, bool)> {
        let mut machine = Machine::with_lags(seed);
        let mut shown = Vec::new();
        for _ in 0..20 {
            submit(&machine);
            let id = run_next(&machine)["processid"].clone();
            machine
                .call(&json!({"msgtype": "closefailedmsg", "processid": id, "errors": ["wrong"]}))
                .unwrap();
            for _ in 0..50 {
                let process = get(&machine, &id);
                shown.push((process["state"] == 3, process["errors"] == json!(["wrong"])));
                wait(&mut machine, 1);
            }
            assert_eq!(shown.last(), Some(&(true, true)));
        }
        shown
    }

    #[test]
    fn errors_are_shown_after_the_failed_state_and_never_before() {
        let shown = failures(Some(1));
        assert!(shown.contains(&(true, false)));
        assert!(shown.iter().all(|(failed, _)| *failed));
        assert!(failures(None).iter().all(|part| *part == (true, true)));
    }

    #[test]
    fn the_same_seed_brings_about_the_same_lags() {
        assert_eq!(failures(Some(7)), failures(Some(7)));
        assert_ne!(failures(Some(7)), failures(Some(8)));
    }

    #[test]
    fn a_process_is_handed_out_before_its_environment_and_its_attributes_are_stored() {
        let mut machine = Machine::with_lags(Some(1));
        let mut seen = Vec::new();
        for _ in 0..50 {
            let id = submit(&machine);
            let process = run_next(&machine);
            seen.push((process["spec"]["env"] == json!({}), process["attributes"] == json!([])));
            wait(&mut machine, 100);
            let process = get(&machine, &id);
            assert_eq!(process["spec"]["env"], json!({"COLOUR": "red"}));
            assert_eq!(process["attributes"][0]["value"], "red");
        }
        for wanted in [(true, true), (false, true), (false, false)] {
            assert!(seen.contains(&wanted), "{wanted:?}");
        }
        assert!(!seen.contains(&(true, false)));
    }

    #[test]
    fn the_answer_to_an_assignment_has_the_input_before_it_is_stored() {
        let mut machine = Machine::with_lags(Some(1));
        let mut late = 0;
        for _ in 0..20 {
            let workflow =
                json!({"colonyname": COLONY_NAME, "functionspecs": [spec("a", &[]), spec("b", &["a"])]});
            machine.call(&json!({"msgtype": "submitworkflowspecmsg", "spec": workflow})).unwrap();
            let parent = run_next(&machine)["processid"].clone();
            machine.call(&json!({"msgtype": "closesuccessfulmsg", "processid": parent, "out": [7]})).unwrap();
            wait(&mut machine, 100);
            let child = run_next(&machine);
            assert_eq!(child["in"], json!([7]));
            late += u32::from(get(&machine, &child["processid"])["in"] == json!([]));
            wait(&mut machine, 100);
            assert_eq!(get(&machine, &child["processid"])["in"], json!([7]));
            let id = &child["processid"];
            machine.call(&json!({"msgtype": "closesuccessfulmsg", "processid": id, "out": []})).unwrap();
            wait(&mut machine, 300);
        }
        assert!((1..20).contains(&late), "{late}");
    }

    #[test]
    fn log_lines_are_shown_after_later_ones_but_all_of_them_and_as_many_as_are_asked_for() {
        let mut machine = Machine::with_lags(Some(1));
        submit(&machine);
        let id = run_next(&machine)["processid"].clone();
        let lines = |machine: &Machine, latest: bool, count: i64| {
            let get = json!({"msgtype": "getlogsmsg", "colonyname": COLONY_NAME, "processid": id,
                "count": count, "since": 0, "latest": latest});
            let found = machine.call(&get).unwrap();
            let found = found.as_array().unwrap().iter();
            found.map(|line| line["message"].as_str().unwrap().parse().unwrap()).collect::<Vec<usize>>()
        };
        let mut overtaken = 0;
        for number in 0..100 {
            let add = json!({"msgtype": "addlogmsg", "processid": id, "message": number.to_string()});
            machine.call(&add).unwrap();
            let all = lines(&machine, false, 500);
            overtaken += usize::from(all.last() == Some(&number) && all.len() <= number);
            assert_eq!(lines(&machine, false, 3), all[..all.len().min(3)]);
            assert_eq!(lines(&machine, true, 3), all[all.len().saturating_sub(3)..]);
            wait(&mut machine, 1);
        }
        assert!(overtaken > 0);
        wait(&mut machine, 100);
        assert_eq!(lines(&machine, false, 500), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_graph_is_there_before_its_nodes_and_cannot_be_read_meanwhile() {
        let mut machine = Machine::with_lags(Some(1));
        let mut refused = 0;
        for count in 1..=20 {
            let workflow = json!({"colonyname": COLONY_NAME, "functionspecs": [spec("a", &[])]});
            let graph = machine.call(&json!({"msgtype": "submitworkflowspecmsg", "spec": workflow})).unwrap();
            let get = json!({"msgtype": "getprocessgraphmsg", "processgraphid": graph["processgraphid"]});
            let list = json!({"msgtype": "getprocessgraphsmsg", "colonyname": COLONY_NAME, "count": 100});
            if let Err(refusal) = machine.call_as(&Seed::default().executor_id, &get) {
                refused += 1;
                let node = graph["processids"][0].as_str().unwrap();
                let wanted = format!("Failed to iterate processgraph, process with ID={node} not found");
                assert_eq!((refusal.status, &refusal.message), (400, &wanted));
                assert!(machine.call(&list).is_none());
            }
            wait(&mut machine, 100);
            assert_eq!(machine.call(&get).unwrap()["processids"], graph["processids"]);
            assert_eq!(machine.call(&list).unwrap().as_array().unwrap().len(), count);
        }
        assert!((1..20).contains(&refused), "{refused}");
    }

    #[test]
    fn a_graph_ends_after_its_last_node_has() {
        let mut machine = Machine::with_lags(Some(1));
        let mut late = 0;
        for fails in [true, false].repeat(10) {
            let workflow =
                json!({"colonyname": COLONY_NAME, "functionspecs": [spec("a", &[]), spec("b", &["a"])]});
            let graph = machine.call(&json!({"msgtype": "submitworkflowspecmsg", "spec": workflow})).unwrap();
            let id = &graph["processgraphid"];
            for closes in [false, fails] {
                let process = run_next(&machine)["processid"].clone();
                let close = if closes {
                    json!({"msgtype": "closefailedmsg", "processid": process, "errors": ["wrong"]})
                } else {
                    json!({"msgtype": "closesuccessfulmsg", "processid": process, "out": []})
                };
                machine.call(&close).unwrap();
                // Longer than the steps of a node take, shorter than those of a graph may.
                wait(&mut machine, 60);
            }
            let ended = |machine: &Machine| {
                let graph = get_graph(machine, id);
                let nodes = graph["processids"].as_array().unwrap();
                let ended = nodes.iter().all(|node| get(machine, node)["state"].as_i64().unwrap() > 1);
                (ended, graph["state"].as_i64().unwrap())
            };
            let wanted = if fails { 3 } else { 2 };
            let (nodes, state) = ended(&machine);
            assert!(nodes || state < 2, "the graph has ended before its nodes");
            late += usize::from(nodes && state < 2);
            wait(&mut machine, 400);
            assert_eq!(ended(&machine), (true, wanted));
        }
        assert!(late > 0);
    }

    #[test]
    fn the_nodes_of_a_cancelled_workflow_end_one_after_the_other_and_the_graph_last() {
        let mut machine = Machine::with_lags(Some(3));
        let names = ["a", "b", "c", "d", "e", "f"];
        let specs: Vec<Value> = names.iter().map(|name| spec(name, &[])).collect();
        let workflow = json!({"colonyname": COLONY_NAME, "functionspecs": specs});
        let mut in_between = 0;
        for _ in 0..10 {
            let graph = machine.call(&json!({"msgtype": "submitworkflowspecmsg", "spec": workflow})).unwrap();
            let id = &graph["processgraphid"];
            wait(&mut machine, 1_000);
            machine.call(&json!({"msgtype": "cancelprocessgraphmsg", "processgraphid": id})).unwrap();
            let mut counts = Vec::new();
            loop {
                let nodes = graph["processids"].as_array().unwrap();
                let cancelled = nodes.iter().filter(|node| get(&machine, node)["state"] == 4).count();
                counts.push(cancelled);
                if get_graph(&machine, id)["state"] == 4 {
                    assert_eq!(cancelled, names.len());
                    break;
                }
                wait(&mut machine, 1);
            }
            assert!(counts.is_sorted());
            in_between += usize::from(counts.iter().any(|count| (1..names.len()).contains(count)));
        }
        assert!(in_between > 0);
    }
}
