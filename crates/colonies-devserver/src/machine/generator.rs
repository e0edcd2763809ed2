//! Generators: their messages, and when they submit a workflow.

use serde_json::Value;

use super::access::{find_colony, member};
use super::message::messages;
use super::process::submit::Initiator;
use super::workflow::submit::{Feed, initiator, parse, submit_for};
use super::{Answer, CHECKER_PERIOD, Context, Outcome, Refusal, check_count};
use crate::store::generators::{self, Generator};
use crate::wire::{FreeJson, Time};

messages! {
    Add { generator: Option<Generator> = "generator" }
    One { generator_id: String = "generatorid" }
    Resolve { colony_name: String = "colonyname", name: String = "generatorname" }
    List { colony_name: String = "colonyname", count: i64 = "count" }
    Pack { generator_id: String = "generatorid", argument: String = "arg" }
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut generator = message
        .generator
        .ok_or_else(|| Refusal::bad_request("Failed to add generator, msg.Generator is nil"))?;
    let member = member(context, &generator.colony_name)?;
    generator.colony_name.clone_from(&member.colony_name);
    let workflow = parse(&generator.workflow_spec)?;
    if generator.trigger == 0 {
        return Err(Refusal::bad_request("Failed to add generator, trigger must not be 0"));
    }
    let initiator = initiator(context, &member, &workflow.colony_name)?;
    if generators::by_name(context.db, &generator.colony_name, &generator.name)?.is_some() {
        return Err(Refusal::bad_request(format!(
            "Generator with name <{}> in Colony <{}> already exists",
            generator.name, generator.colony_name
        )));
    }
    generator.id = (context.new_id)();
    generator.initiator_id = initiator.id;
    generator.initiator_name = initiator.name;
    generator.first_pack = Time::ZERO;
    generator.last_run = Time::ZERO;
    generator.queue_size = 0;
    generator.checker_period = 0;
    generators::add(context.db, &generator)?;
    Ok(Answer::json(&generator))
}

fn find(context: &Context<'_>, id: &str, failed: &str) -> Outcome<Generator> {
    let generator = generators::get(context.db, id)?
        .ok_or_else(|| Refusal::internal(format!("{failed}, generator is nil")))?;
    member(context, &generator.colony_name)?;
    Ok(generator)
}

pub(super) fn get(context: &mut Context<'_>, message: One) -> Outcome {
    let generator = find(context, &message.generator_id, "Failed to get generator")?;
    let queue_size = generators::queue_size(context.db, &generator.id)?;
    Ok(Answer::json(&Generator { queue_size, checker_period: CHECKER_PERIOD, ..generator }))
}

pub(super) fn resolve(context: &mut Context<'_>, message: Resolve) -> Outcome {
    let found = match find_colony(context.db, &message.colony_name)? {
        Some(colony) => generators::by_name(context.db, &colony.name, &message.name)?,
        None => None,
    };
    let generator =
        found.ok_or_else(|| Refusal::internal("Failed to resolve generator, generator is nil"))?;
    member(context, &generator.colony_name)?;
    Ok(Answer::json(&generator))
}

pub(super) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let member = member(context, &message.colony_name)?;
    check_count(message.count)?;
    Ok(Answer::list(&generators::list(context.db, &member.colony_name, message.count)?))
}

/// The first pack of all is remembered for the timeout.
pub(super) fn pack(context: &mut Context<'_>, message: Pack) -> Outcome {
    let mut generator = find(context, &message.generator_id, "Failed to increment generator")?;
    generators::pack(context.db, &generator.id, &message.argument)?;
    if generator.first_pack == Time::ZERO {
        generator.first_pack = context.now;
        generators::set_runs(context.db, &generator)?;
    }
    Ok(Answer::empty())
}

pub(super) fn remove(context: &mut Context<'_>, message: One) -> Outcome {
    let generator = find(context, &message.generator_id, "Failed to remove generator")?;
    generators::remove(context.db, &generator.id)?;
    Ok(Answer::empty())
}

/// When a generator with so many arguments fires: now for enough of them, later for fewer, or never.
fn due(generator: &Generator, packed: i64) -> Option<Time> {
    if generator.trigger <= 0 {
        return None;
    }
    if packed >= generator.trigger {
        return Some(Time::ZERO);
    }
    let since = if generator.last_run == Time::ZERO { generator.first_pack } else { generator.last_run };
    (packed > 0 && generator.timeout > 0).then(|| since.plus_seconds(generator.timeout).next_second())
}

/// Fires every generator that has enough arguments, or has had some for long enough.
pub(super) fn run(context: &mut Context<'_>) -> Outcome<()> {
    for generator in generators::packed(context.db)? {
        let packed = generators::queue_size(context.db, &generator.id)?;
        if due(&generator, packed).is_none_or(|due| due > context.now) {
            continue;
        }
        // Both are above 0, or it would not be due.
        let batch = packed.min(generator.trigger).max(1);
        for _ in 0..packed / batch {
            if !fire(context, &generator, batch)? {
                break;
            }
        }
    }
    Ok(())
}

/// Submits the workflow with the oldest arguments, and drops these. False where it cannot be submitted.
fn fire(context: &mut Context<'_>, generator: &Generator, batch: i64) -> Outcome<bool> {
    let arguments = generators::arguments(context.db, &generator.id, batch)?;
    let feed = Feed::Args(arguments.into_iter().map(|text| FreeJson(Value::String(text))).collect());
    let initiator = Initiator { id: generator.initiator_id.clone(), name: generator.initiator_name.clone() };
    if submit_for(context, &initiator, &generator.workflow_spec, feed).is_err() {
        return Ok(false);
    }
    generators::drop_arguments(context.db, &generator.id, batch)?;
    generators::set_runs(context.db, &Generator { last_run: context.now, ..generator.clone() })?;
    Ok(true)
}

/// When the next generator fires.
pub(super) fn next(context: &Context<'_>) -> Outcome<Option<Time>> {
    let mut first = None;
    for generator in generators::packed(context.db)? {
        let packed = generators::queue_size(context.db, &generator.id)?;
        first = [first, due(&generator, packed)].into_iter().flatten().min();
    }
    Ok(first)
}
