//! Messages on log lines.

use super::access::{find_colony, member};
use super::message::messages;
use super::{Answer, Context, Outcome, Refusal, check_count};
use crate::store::logs::{self, Log, Part, Writer};
use crate::store::{State, executors, processes};

messages! {
    Add { process_id: String = "processid", message: String = "message" }
    AddOfExecutor {
        colony_name: String = "colonyname",
        executor_name: String = "executorname",
        message: String = "message",
    }
    Get {
        colony_name: String = "colonyname",
        process_id: String = "processid",
        executor_name: String = "executorname",
        count: i64 = "count",
        since: i64 = "since",
        latest: bool = "latest",
    }
    Search {
        colony_name: String = "colonyname",
        text: String = "text",
        days: i64 = "days",
        count: i64 = "count",
    }
}

const MAX_LINES: i64 = 500;
const MAX_FOUND: i64 = 100;
const MAX_DAYS: i64 = 30;
const SECONDS_PER_DAY: i64 = 86_400;

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let process = processes::get(context.db, &message.process_id)?
        .ok_or_else(|| Refusal::internal("Failed to add log, process is nil"))?;
    let member = member(context, &process.colony_name)?;
    if process.state != State::Running {
        return Err(Refusal::forbidden("Failed to set output, process is not running"));
    }
    if process.assigned_executor_id != context.caller {
        return Err(Refusal::forbidden(
            "Failed to add log, not allowed to add log, only the assigned Executor may att logs",
        ));
    }
    write(
        context,
        &Log {
            process_id: process.id,
            colony_name: process.colony_name,
            executor_name: member.name,
            message: message.message,
            timestamp: context.now.nanos(),
        },
    )
}

fn write(context: &mut Context<'_>, log: &Log) -> Outcome {
    logs::add(context.db, log)?;
    context.change.line(log);
    Ok(Answer::empty())
}

pub(super) fn add_of_executor(context: &mut Context<'_>, message: AddOfExecutor) -> Outcome {
    let member = member(context, &message.colony_name)?;
    let executor = member
        .executor
        .ok_or_else(|| Refusal::forbidden("Failed to add executor log, executor not found"))?;
    if executor.name != message.executor_name {
        return Err(Refusal::forbidden("Failed to add executor log, executor name mismatch"));
    }
    write(
        context,
        &Log {
            process_id: String::new(),
            colony_name: member.colony_name,
            executor_name: executor.name,
            message: message.message,
            timestamp: context.now.nanos(),
        },
    )
}

/// The log of an executor, where one is named, or else that of a process.
pub(super) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let colony;
    let writer = if message.executor_name.is_empty() {
        let process = processes::get(context.db, &message.process_id)?
            .ok_or_else(|| Refusal::internal("Failed to get logs, process does not exist"))?;
        member(context, &process.colony_name)?;
        Writer::Process(&message.process_id)
    } else {
        let found = match find_colony(context.db, &message.colony_name)? {
            Some(colony) => executors::identity_by_name(context.db, &colony.name, &message.executor_name)?,
            None => None,
        };
        if found.is_none() {
            return Err(Refusal::internal("Failed to get logs, executor does not exist"));
        }
        colony = member(context, &message.colony_name)?.colony_name;
        let name = message.executor_name.as_str();
        if context.settings.realistic.is_some() {
            Writer::Namesakes(name)
        } else {
            Writer::Executor { colony: &colony, name }
        }
    };
    if message.count > MAX_LINES {
        return Err(Refusal::forbidden(format!("Count exceeds max log count ({MAX_LINES})")));
    }
    check_count(message.count).map_err(Refusal::twice)?;
    let part = match message.since {
        _ if message.latest => Part::Latest,
        since if since > 0 => Part::Since(since),
        _ => Part::First,
    };
    let hidden = context.change.hidden_lines(writer.id());
    let more = message.count.saturating_add(i64::try_from(hidden.len()).unwrap_or(0));
    let mut found = logs::list(context.db, writer, part, more)?;
    found.retain(|log| !hidden.contains(&log.timestamp));
    let count = usize::try_from(message.count).unwrap_or(0);
    if matches!(part, Part::Latest) {
        found.drain(..found.len().saturating_sub(count));
    } else {
        found.truncate(count);
    }
    Ok(Answer::list(&found))
}

pub(super) fn search(context: &mut Context<'_>, message: Search) -> Outcome {
    let member = member(context, &message.colony_name)?;
    if message.count > MAX_FOUND {
        return Err(Refusal::bad_request(format!("Count exceeds max log count ({MAX_FOUND})")));
    }
    if message.days > MAX_DAYS {
        return Err(Refusal::bad_request(format!("Count exceeds max day count ({MAX_DAYS})")));
    }
    check_count(message.count)?;
    let since = context.now.plus_seconds(message.days.saturating_mul(-SECONDS_PER_DAY)).nanos();
    let pattern = format!("%{}%", message.text);
    let mut found = logs::search(context.db, &member.colony_name, &pattern, since, message.count)?;
    found.retain(|log| !context.change.hidden_lines(log.writer()).contains(&log.timestamp));
    Ok(Answer::list(&found))
}
