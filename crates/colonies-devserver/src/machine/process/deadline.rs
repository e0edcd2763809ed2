//! Handles processes whose deadline has passed.

use super::submit::raw;
use super::transition;
use crate::machine::{Context, Outcome};
use crate::store::State;
use crate::store::processes::{
    self, Process, first_exec_deadline, first_wait_deadline, late_running, late_waiting,
};
use crate::wire::Time;

/// Ends or hands back every process whose deadline lies before the second that now is in.
pub(in crate::machine) fn run(context: &mut Context<'_>) -> Outcome<()> {
    let second = Time::from_micros(context.now.seconds().saturating_mul(1_000_000));
    for process in late_waiting(context.db, second)? {
        if still(context, &process)? {
            transition::fail(context, process, errors("Maximum waiting time limit exceeded"))?;
        }
    }
    for process in late_running(context.db, second)? {
        if !still(context, &process)? {
            continue;
        }
        if process.max_retries > -1 && process.retries >= process.max_retries {
            transition::fail(context, process, errors("Maximum execution time limit exceeded"))?;
        } else {
            transition::retry(context, process)?;
        }
    }
    Ok(())
}

/// A process that was failed with its workflow in the meantime is not late any more.
fn still(context: &Context<'_>, process: &Process) -> Outcome<bool> {
    let found = processes::get(context.db, &process.id)?;
    Ok(found.is_some_and(|found| {
        found.state == process.state && matches!(found.state, State::Waiting | State::Running)
    }))
}

fn errors(text: &str) -> Box<serde_json::value::RawValue> {
    raw(format!("[\"{text}\"]"))
}

/// When the next deadline is over.
pub(in crate::machine) fn next(context: &Context<'_>) -> Outcome<Option<Time>> {
    let deadlines = [first_wait_deadline(context.db)?, first_exec_deadline(context.db)?];
    Ok(deadlines.into_iter().flatten().min().map(Time::next_second))
}
