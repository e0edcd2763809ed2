//! Assigns processes: to new requests, and to waiting ones.

use super::transition;
use crate::machine::access::{find_member, member, silence};
use crate::machine::message::messages;
use crate::machine::resources::{parse_cpu, parse_memory};
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::executors::Identity;
use crate::store::processes::{self, Candidate, Requirements};
use crate::store::{State, colonies, executors};

messages! {
    Assign {
        colony_name: String = "colonyname",
        timeout: i64 = "timeout",
        available_cpu: String = "availablecpu",
        available_mem: String = "availablemem",
    }
}

/// An executor that requests a process, and its available resources.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) colony_name: String,
    pub(crate) executor_type: String,
    pub(crate) executor_id: String,
    pub(in crate::machine) name: String,
    /// In lower case.
    location: String,
    cpu: i64,
    mem: i64,
}

/// An assigned process.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) process_id: String,
    pub(crate) executor_id: String,
    pub(crate) json: Vec<u8>,
}

/// An asker that is willing to wait for some seconds.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) asker: Asker,
    pub(crate) seconds: u64,
}

impl Asker {
    /// True where the executor can take a process with these requirements; colony and type aside.
    pub(crate) fn meets(&self, wanted: &Requirements) -> bool {
        wanted.assignable
            && wanted.cpu <= self.cpu
            && wanted.mem <= self.mem
            && (wanted.location.is_empty() || wanted.location == self.location)
            && (wanted.executor_names.is_empty() || wanted.executor_names.contains(&self.name))
    }
}

pub(in crate::machine) fn assign(context: &mut Context<'_>, message: Assign) -> Outcome {
    let member = member(context, &message.colony_name)?;
    if message.timeout == 0 {
        return Err(Refusal::bad_request("Invalid timeout value, timeout cannot be zero"));
    }
    let Some(Identity { id, name, kind, location_name, .. }) = member.executor else {
        let failed = "Failed to assign process, executor not found";
        let silence = silence(context, &member.colony_name)?;
        return Err(match silence.as_str() {
            "" => Refusal::internal(failed),
            silence => Refusal::forbidden(format!("{failed}{silence}")),
        });
    };
    let unlimited = |text: &str, amount| if text.is_empty() { i64::MAX } else { amount };
    let asker = Asker {
        colony_name: member.colony_name,
        executor_type: kind,
        executor_id: id,
        name,
        location: location_name.to_lowercase(),
        cpu: unlimited(&message.available_cpu, parse_cpu(&message.available_cpu)?),
        mem: unlimited(&message.available_mem, parse_memory(&message.available_mem)?),
    };
    let seconds = u64::try_from(message.timeout).unwrap_or(0);
    if colonies::is_paused(context.db, &asker.colony_name)? {
        executors::set_heard(context.db, &asker.colony_name, &asker.name, context.now)?;
        return match seconds {
            0 => {
                Err(Refusal::new(503, "No processes available: colony assignments are paused")
                    .keeping_changes())
            }
            _ => Ok(Answer::Wait(Waiting { asker, seconds })),
        };
    }
    match take_next(context, &asker)? {
        Some(handed) => Ok(Answer::Json(handed.json)),
        None if seconds > 0 => Ok(Answer::Wait(Waiting { asker, seconds })),
        // The executor was heard of anyway.
        None => Err(none_available().keeping_changes()),
    }
}

fn none_available() -> Refusal {
    Refusal::not_found("No process available for assignment")
}

fn take_next(context: &mut Context<'_>, asker: &Asker) -> Outcome<Option<Handed>> {
    executors::set_heard(context.db, &asker.colony_name, &asker.name, context.now)?;
    if asker.cpu == i64::MIN {
        // Nothing asks for so little: a full executor that wants to be heard. No need to walk the queue.
        return Ok(None);
    }
    let candidate = Candidate {
        colony_name: &asker.colony_name,
        executor_type: &asker.executor_type,
        executor_name: &asker.name,
        location: &asker.location,
    };
    let found = processes::next_ready(context.db, candidate, |wanted| asker.meets(wanted))?;
    match found {
        Some(id) => take(context, &id, asker),
        None => Ok(None),
    }
}

fn take(context: &mut Context<'_>, process_id: &str, asker: &Asker) -> Outcome<Option<Handed>> {
    let Some(process) = processes::get(context.db, process_id)? else { return Ok(None) };
    let before = process.clone();
    let shown = transition::start(context, process, asker)?;
    let shown = context.change.shown(shown);
    if !before.parents.is_empty() {
        context.change.input(&before);
    }
    let json = shown.to_json();
    Ok(Some(Handed { process_id: shown.id, executor_id: shown.assigned_executor_id, json }))
}

/// An asker that has been waiting gets the first process of the queue that it can take, if any.
pub(crate) fn serve(context: &mut Context<'_>, asker: &Asker) -> Outcome<Option<Handed>> {
    if is_still_welcome(context, asker)? { take_next(context, asker) } else { Ok(None) }
}

/// A request that a Colonies server has begun to carry out gets the first process of the queue, although its client
/// or the executor may be gone.
pub(crate) fn serve_begun(context: &mut Context<'_>, asker: &Asker) -> Outcome<Option<Handed>> {
    if colonies::is_paused(context.db, &asker.colony_name)? { Ok(None) } else { take_next(context, asker) }
}

/// An asker that has been waiting, and that [`Asker::meets`] the requirements, gets this process.
pub(crate) fn hand_over(
    context: &mut Context<'_>,
    process_id: &str,
    asker: &Asker,
) -> Outcome<Option<Handed>> {
    if !is_still_welcome(context, asker)? {
        return Ok(None);
    }
    executors::set_heard(context.db, &asker.colony_name, &asker.name, context.now)?;
    take(context, process_id, asker)
}

/// While it waited, the executor may have been removed, or its colony been paused.
fn is_still_welcome(context: &Context<'_>, asker: &Asker) -> Outcome<bool> {
    let found = find_member(context.db, &asker.colony_name, &asker.executor_id, true)?;
    let same = found.and_then(|member| member.executor).is_some_and(|executor| {
        executor.kind == asker.executor_type && executor.location_name.to_lowercase() == asker.location
    });
    Ok(same && !colonies::is_paused(context.db, &asker.colony_name)?)
}

/// The refusal of an assignment that timed out.
pub(crate) fn time_out(context: &Context<'_>, asker: &Asker) -> Refusal {
    match colonies::is_paused(context.db, &asker.colony_name) {
        Ok(true) => Refusal::new(408, "Assignment timeout: colony assignments are paused"),
        Ok(false) => none_available(),
        Err(fault) => fault.into(),
    }
}

/// Requeues a process that was assigned to an executor which never received it.
pub(crate) fn take_back(context: &mut Context<'_>, process_id: &str, executor_id: &str) -> Outcome<()> {
    match processes::get(context.db, process_id)? {
        Some(process) if process.state == State::Running && process.assigned_executor_id == executor_id => {
            transition::give_back(context, process)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    use crate::devkeys::COLONY_ID;
    use crate::machine::testing::Machine;

    const NAMES: [&[&str]; 6] = [&[], &["a"], &["b"], &["a", "b"], &["*"], &["b", "*"]];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// The queue is stored as several queues; the result is that of one walk over all of them.
        #[test]
        fn an_executor_gets_the_first_process_that_it_can_take(
            processes in vec((select(&NAMES[..]), select(vec!["", "Here", "there"]), -1..2_i64), 1..12),
            executor in (select(vec!["a", "b", "c", "*"]), select(vec!["", "here", "THERE"])),
        ) {
            let (name, location) = executor;
            let machine = Machine::new();
            let id = "e".repeat(64);
            let added = json!({
                "colonyname": "dev", "executorid": id, "executorname": name, "executortype": "cli",
                "locationname": location,
            });
            for message in [
                json!({"msgtype": "addexecutormsg", "executor": added}),
                json!({"msgtype": "approveexecutormsg", "colonyname": "dev", "executorname": name}),
            ] {
                machine.call_as(COLONY_ID, &message).unwrap();
            }
            let mut expected = Vec::new();
            for (names, wanted_location, priority) in processes {
                let conditions = json!({
                    "colonyname": "dev", "executortype": "cli", "executornames": names, "locationname": wanted_location,
                });
                let spec = json!({"conditions": conditions, "priority": priority});
                let process = machine.call(&json!({"msgtype": "submitfuncspecmsg", "spec": spec})).unwrap();
                // "*" alone names no executor.
                let named = names.is_empty() || (names.contains(&name) && names != ["*"]);
                if named && (wanted_location.is_empty() || wanted_location.eq_ignore_ascii_case(location)) {
                    expected.push((-priority, process["processid"].clone()));
                }
            }
            // Those of the same priority stay as they were submitted.
            expected.sort_by_key(|(rank, _)| *rank);
            let assign = json!({"msgtype": "assignprocessmsg", "colonyname": "dev", "timeout": -1});
            for (_, id_of_next) in expected {
                prop_assert_eq!(&machine.call_as(&id, &assign).unwrap()["processid"], &id_of_next);
            }
            prop_assert!(machine.call_as(&id, &assign).is_err());
        }
    }
}
