//! Events that fall due as time passes: deadlines, crons, removals.

use super::{Context, Outcome, cron, executor, generator, process};
use crate::wire::Time;

/// Handles everything that is due by now.
pub(crate) fn run_due(context: &mut Context<'_>) -> Outcome<()> {
    executor::unregister_silent(context)?;
    process::deadline::run(context)?;
    cron::run(context)?;
    generator::run(context)
}

/// When something is due next, as things stand. What is overdue already has a time in the past.
pub(crate) fn next_due(context: &Context<'_>) -> Outcome<Option<Time>> {
    let times = [
        executor::next_silent(context)?,
        process::deadline::next(context)?,
        cron::next(context)?,
        generator::next(context)?,
    ];
    Ok(times.into_iter().flatten().min())
}
