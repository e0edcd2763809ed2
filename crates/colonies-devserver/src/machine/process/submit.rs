//! Submits a function spec, and creates its process.

use serde_json::value::RawValue;

use super::spec::FunctionSpec;
use crate::machine::access::{Member, member};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Event, Outcome, Refusal};
use crate::store::State;
use crate::store::attributes::{Attribute, ENV};
use crate::store::processes::{self, Process, Requirements};
use crate::wire::{FreeJson, Time};

messages! {
    Submit { spec: Option<FunctionSpec> = "spec" }
}

const PRIORITIES: std::ops::RangeInclusive<i64> = -50_000..=50_000;

/// A step of priority is worth a day of age.
const NANOS_PER_PRIORITY: i64 = 86_400_000_000_000;

pub(in crate::machine) fn submit(context: &mut Context<'_>, message: Submit) -> Outcome {
    let mut spec = message
        .spec
        .ok_or_else(|| Refusal::bad_request("Failed to submit process spec, msg.FunctionSpec is nil"))?;
    let member = member(context, &spec.conditions.colony_name)?;
    spec.conditions.colony_name.clone_from(&member.colony_name);
    if !PRIORITIES.contains(&spec.priority) {
        return Err(Refusal::bad_request(
            "Failed to submit function spec, priority outside range [-50000, 50000]",
        ));
    }
    start(context, &Initiator::from(&member), spec)
}

/// Makes a process that belongs to no workflow, and answers it.
pub(in crate::machine) fn start(
    context: &mut Context<'_>,
    initiator: &Initiator,
    spec: FunctionSpec,
) -> Outcome {
    let (process, requirements) = make(context, initiator, spec)?;
    processes::add(context.db, &process, &requirements)?;
    context.change.added(&process);
    let answer = Answer::Json(process.to_json());
    context.events.push(Event::Changed(Box::new(process)));
    Ok(answer)
}

/// In whose name a process is submitted.
#[derive(Clone, Debug, Default)]
pub(in crate::machine) struct Initiator {
    pub(in crate::machine) id: String,
    pub(in crate::machine) name: String,
}

impl From<&Member> for Initiator {
    fn from(member: &Member) -> Self {
        Self { id: member.id.clone(), name: member.name.clone() }
    }
}

/// A waiting process of a spec, not stored yet, without a workflow or parents.
pub(in crate::machine) fn make(
    context: &Context<'_>,
    initiator: &Initiator,
    mut spec: FunctionSpec,
) -> Outcome<(Process, Requirements)> {
    let requirements = spec.normalize()?;
    let id = (context.new_id)();
    let attributes = spec.env.iter().map(|(key, value)| Attribute {
        id: attribute_id(&id, key, ENV),
        target_id: id.clone(),
        target_colony_name: spec.conditions.colony_name.clone(),
        state: State::Waiting.number(),
        kind: ENV,
        key: key.clone(),
        value: value.clone(),
        ..Attribute::default()
    });
    let process = Process {
        attributes: attributes.collect(),
        id,
        initiator_id: initiator.id.clone(),
        initiator_name: initiator.name.clone(),
        assigned_executor_id: String::new(),
        is_assigned: false,
        state: State::Waiting,
        priority_time: context.now.nanos().saturating_sub(spec.priority.saturating_mul(NANOS_PER_PRIORITY)),
        submission_time: context.now,
        start_time: Time::ZERO,
        end_time: Time::ZERO,
        wait_deadline: deadline(context.now, spec.max_wait_time).unwrap_or(Time::ZERO),
        exec_deadline: Time::ZERO,
        retries: 0,
        spec: raw(serde_json::to_string(&spec).expect("a function spec is JSON")),
        wait_for_parents: false,
        parents: Vec::new(),
        children: Vec::new(),
        graph_id: String::new(),
        input: raw("[]".to_owned()),
        output: raw("[]".to_owned()),
        errors: raw("[]".to_owned()),
        colony_name: spec.conditions.colony_name,
        executor_type: spec.conditions.executor_type,
        node_name: spec.node_name,
        func_name: spec.func_name,
        label: spec.label,
        max_wait_time: spec.max_wait_time,
        max_exec_time: spec.max_exec_time,
        max_retries: spec.max_retries,
    };
    Ok((process, requirements))
}

/// The time after this many seconds; `None` for no limit.
pub(super) fn deadline(now: Time, seconds: i64) -> Option<Time> {
    (seconds > 0).then(|| now.plus_seconds(seconds))
}

/// The identity of an attribute follows from what it is.
pub(in crate::machine) fn attribute_id(process_id: &str, key: &str, kind: i64) -> String {
    colonies_crypto::hash(&format!("{process_id}{key}{kind}"))
}

/// JSON text that this program wrote itself.
pub(in crate::machine) fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).expect("the text was written as JSON")
}

/// A list of free values, as it is stored.
pub(in crate::machine) fn raw_list(values: &[FreeJson]) -> Box<RawValue> {
    raw(FreeJson::list(values))
}
