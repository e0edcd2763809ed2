//! Crons: when they fire, and what they submit then.

mod duration;
mod expression;
mod field;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(super) mod messages;

use serde_json::value::RawValue;

use super::process::submit::{Initiator, raw};
use super::process::transition::append;
use super::workflow::submit::{Feed, submit_for};
use super::{Context, Outcome};
use crate::store::crons::{self, Cron};
use crate::store::{State, graphs, processes};
use crate::wire::Time;

use expression::Expression;

/// Fires due crons, and computes the first run of new ones.
pub(super) fn run(context: &mut Context<'_>) -> Outcome<()> {
    for mut cron in crons::due(context.db, context.now)? {
        if cron.next_run == Time::ZERO {
            cron.next_run = next_run(&cron, context.now);
            cron.last_run = Time::ZERO;
            cron.previous_graph_id.clear();
            crons::set_runs(context.db, &cron)?;
        } else {
            fire(context, cron)?;
        }
    }
    Ok(())
}

/// When the next cron is due; a time in the past for one that waits, or whose workflow cannot be submitted:
/// both are tried again at each tick.
pub(super) fn next(context: &Context<'_>) -> Outcome<Option<Time>> {
    Ok(crons::first_run(context.db)?.filter(|time| *time != Time::NEVER))
}

/// Submits the workflow, unless the one before is waited for, or the workflow cannot be submitted.
fn fire(context: &mut Context<'_>, mut cron: Cron) -> Outcome<()> {
    let previous = graphs::get(context.db, &cron.previous_graph_id)?;
    let is_over = |state| matches!(state, State::Successful | State::Failed);
    if cron.wait_for_previous_graph && previous.as_ref().is_some_and(|graph| !is_over(graph.state)) {
        return Ok(());
    }
    let feed = match previous {
        Some(graph) => Feed::Input(outputs_of_leaves(context, &graph.id)?),
        None => Feed::Nothing,
    };
    let initiator = Initiator { id: cron.initiator_id.clone(), name: cron.initiator_name.clone() };
    if let Ok(graph) = submit_for(context, &initiator, &cron.workflow_spec, feed) {
        let before = cron.clone();
        cron.last_run = context.now;
        cron.next_run = next_run(&cron, context.now);
        cron.previous_graph_id = graph.id;
        crons::set_runs(context.db, &cron)?;
        context.change.cron(&before);
    }
    Ok(())
}

fn outputs_of_leaves(context: &Context<'_>, graph_id: &str) -> Outcome<Box<RawValue>> {
    let mut text = String::new();
    for process in processes::of_graph(context.db, graph_id)? {
        if process.children.is_empty() {
            append(&mut text, &process.output);
        }
    }
    Ok(raw(format!("[{text}]")))
}

/// The run after `now`: an interval counts for more than an expression.
fn next_run(cron: &Cron, now: Time) -> Time {
    if cron.interval > 0 {
        return now.plus_seconds(cron.interval);
    }
    let expression = Expression::parse(&cron.expression).ok();
    let next = expression.and_then(|expression| expression.next(now.timestamp()));
    next.map_or(Time::NEVER, Time::from_timestamp)
}
