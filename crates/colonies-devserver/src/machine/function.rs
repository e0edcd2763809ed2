//! Messages on functions, and the statistics that closing a process keeps.

use super::access::member;
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::executors::{self, Identity};
use crate::store::functions::{self, Function};
use crate::store::processes::Process;

messages! {
    Add { function: Option<Function> = "fun" }
    List { colony_name: String = "colonyname", executor_name: String = "executorname" }
    Remove { function_id: String = "functionid" }
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut function = message
        .function
        .ok_or_else(|| Refusal::bad_request("Failed to add function, msg.Function is nil"))?;
    let member = member(context, &function.colony_name)?;
    let executor = executors::identity_by_name(context.db, &member.colony_name, &function.executor_name)?;
    let executor = executor.ok_or_else(|| {
        Refusal::bad_request(format!(
            "Failed to add function, Executor with name <{}> does not exist",
            function.executor_name
        ))
    })?;
    if executor.id != context.caller {
        return Err(Refusal::forbidden("Not allowed to add a function to another executor"));
    }
    if function.id.is_empty() {
        function.id = (context.new_id)();
    } else if functions::by_id(context.db, &function.id)?.is_some() {
        return Err(Refusal::internal(
            "pq: duplicate key value violates unique constraint \"prod_functions_pkey\"",
        ));
    }
    function.colony_name = member.colony_name;
    function.location_name = executor.location_name;
    functions::add(context.db, &function)?;
    Ok(Answer::json(&function))
}

pub(super) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = member(context, &message.colony_name)?;
    let executor = Some(message.executor_name.as_str()).filter(|name| !name.is_empty());
    Ok(Answer::list(&functions::list(context.db, &member.colony_name, executor)?))
}

pub(super) fn remove(context: &mut Context<'_>, message: Remove) -> Outcome {
    if message.function_id.is_empty() {
        return Err(Refusal::bad_request("Failed to remove function, msg.FunctionID is empty"));
    }
    let function = functions::by_id(context.db, &message.function_id)?
        .ok_or_else(|| Refusal::not_found("Failed to remove function, function does not exist"))?;
    member(context, &function.colony_name)?;
    let executor = executors::identity_by_name(context.db, &function.colony_name, &function.executor_name)?;
    if executor.is_none_or(|executor| executor.id != context.caller) {
        return Err(Refusal::forbidden("Not allowed to remove a function from another executor"));
    }
    functions::remove(context.db, &function.id)?;
    Ok(Answer::empty())
}

/// Counts a successful call, where the executor has registered the function. Says whether it has.
pub(super) fn count_call(context: &Context<'_>, executor: &Identity, process: &Process) -> Outcome<bool> {
    let found = functions::first(context.db, &process.colony_name, &executor.name, &process.func_name)?;
    let Some(mut function) = found else { return Ok(false) };
    let waited = process.start_time.seconds_since(process.submission_time);
    let ran = process.end_time.seconds_since(process.start_time);
    function.counter = function.counter.saturating_add(1);
    function.min_wait_time = or_new(function.min_wait_time, waited, f64::min(function.min_wait_time, waited));
    function.max_wait_time = or_new(function.max_wait_time, waited, f64::max(function.max_wait_time, waited));
    function.avg_wait_time =
        or_new(function.avg_wait_time, waited, f64::midpoint(function.avg_wait_time, waited));
    function.min_exec_time = or_new(function.min_exec_time, ran, f64::min(function.min_exec_time, ran));
    function.max_exec_time = or_new(function.max_exec_time, ran, f64::max(function.max_exec_time, ran));
    function.avg_exec_time = or_new(function.avg_exec_time, ran, f64::midpoint(function.avg_exec_time, ran));
    functions::set_statistics(context.db, &function)?;
    Ok(true)
}

/// An old value of 0 means that no value is stored yet.
fn or_new(old: f64, new: f64, combined: f64) -> f64 {
    if old > 0.0 { combined } else { new }
}
