//! The topics of subscriptions, and the first message that a subscriber receives.

use super::message::messages;
use super::{Context, Outcome, Refusal};
use crate::store::{State, executors, processes};
use crate::wire::json_fault;

messages! {
    ToProcess {
        process_id: String = "processid",
        state: i64 = "state",
        timeout: i64 = "timeout",
        executor_type: String = "executortype",
    }
    ToProcesses { state: i64 = "state", timeout: i64 = "timeout", executor_type: String = "executortype" }
}

/// What a subscriber waits for.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    /// `None` if the subscriber requested an event that never happens.
    pub(crate) subject: Option<(Subject, State)>,
    pub(crate) seconds: u64,
    /// A message that is due at once.
    pub(crate) first: Option<Vec<u8>>,
}

/// One process, or all processes for executors of a type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Process(String),
    Processes { executor_type: String },
}

/// Takes in a subscription; `None` where it is passed over without a word.
pub(crate) fn subscribe(
    context: &Context<'_>,
    payloadtype: &str,
    payload: &[u8],
) -> Outcome<Option<Subscription>> {
    match payloadtype {
        "subscribeprocessmsg" => match colonies_proto::from_json::<ToProcess>(payload) {
            Ok(message) => to_process(context, payloadtype, &message).map(Some),
            Err(_) => Ok(None),
        },
        "subscribeprocessesmsg" => match colonies_proto::from_json::<ToProcesses>(payload) {
            Ok(message) => to_processes(context, payloadtype, message).map(Some),
            Err(fault) => Err(Refusal::forbidden(json_fault(payload, &fault))),
        },
        _ => Ok(None),
    }
}

/// Any signer may follow a process.
fn to_process(context: &Context<'_>, payloadtype: &str, message: &ToProcess) -> Outcome<Subscription> {
    if message.msgtype != payloadtype {
        return Err(Refusal::forbidden(
            "Failed to subscribe to process, msg.msgType does not match rpcMsg.PayloadType",
        ));
    }
    let process = processes::get(context.db, &message.process_id)?
        .ok_or_else(|| Refusal::forbidden(format!("Invalid process with Id {}", message.process_id)))?;
    let state = State::from_number(message.state);
    let first = (state == Some(process.state)).then(|| context.change.shown(process.clone()).to_json());
    let same_type = message.executor_type.is_empty() || message.executor_type == process.executor_type;
    let subject = state.filter(|_| same_type).map(|state| (Subject::Process(process.id), state));
    Ok(Subscription { subject, seconds: seconds(message.timeout), first })
}

/// Any executor may follow all processes of a type, whatever its colony and its state.
fn to_processes(context: &Context<'_>, payloadtype: &str, message: ToProcesses) -> Outcome<Subscription> {
    if message.msgtype != payloadtype {
        return Err(Refusal::forbidden(
            "Failed to subscribe to processes, msg.msgType does not match rpcMsg.PayloadType",
        ));
    }
    if !executors::is_known(context.db, context.caller)? {
        return Err(Refusal::forbidden("executor not found"));
    }
    let subject = State::from_number(message.state)
        .map(|state| (Subject::Processes { executor_type: message.executor_type }, state));
    Ok(Subscription { subject, seconds: seconds(message.timeout), first: None })
}

fn seconds(timeout: i64) -> u64 {
    u64::try_from(timeout).unwrap_or(0)
}
