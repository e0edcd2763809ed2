//! Adding a blueprint.

use super::{check, handler, member_or_owner, note};
use crate::machine::message::messages;
use crate::machine::process::submit::{Initiator, start};
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::blueprints::definitions::Handler;
use crate::store::blueprints::{self, Blueprint, history};
use crate::store::crons::{self, Cron};
use crate::store::locations::{self, Location};

messages! {
    Add { blueprint: Option<Blueprint> = "blueprint" }
}

pub(in crate::machine) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut blueprint =
        message.blueprint.ok_or_else(|| Refusal::bad_request("Failed to add blueprint, blueprint is nil"))?;
    let keeper = member_or_owner(context, &blueprint.metadata.colony_name)?;
    blueprint.metadata.colony_name.clone_from(&keeper.colony_name);
    let definition = check(context, &blueprint)?;
    let name = &blueprint.metadata.name;
    if blueprints::by_name(context.db, &keeper.colony_name, name)?.is_some() {
        return Err(Refusal::new(
            409,
            format!("blueprint with name '{name}' already exists in colony '{}'", keeper.colony_name),
        ));
    }
    if blueprint.id.is_empty() {
        blueprint.id = (context.new_id)();
    }
    if blueprints::by_id(context.db, &blueprint.id)?.is_some() {
        return Err(Refusal::internal(
            "pq: duplicate key value violates unique constraint \"prod_blueprints_pkey\"",
        ));
    }
    blueprints::add(context.db, &blueprint)?;
    note(context, &blueprint, history::CREATE)?;
    add_location(context, &blueprint)?;
    let handler = &definition.spec.handler;
    if handler::is_complete(handler) {
        add_cron(context, handler, &blueprint, &keeper.initiator)?;
        start(context, &keeper.initiator, handler::reconcile(handler, &blueprint, false))?;
    }
    Ok(Answer::json(&blueprint))
}

/// The location of a blueprint is created with it, and stays after its removal.
fn add_location(context: &Context<'_>, blueprint: &Blueprint) -> Outcome<()> {
    let metadata = &blueprint.metadata;
    let name = &metadata.location_name;
    if name.is_empty() || locations::by_name(context.db, &metadata.colony_name, name)?.is_some() {
        return Ok(());
    }
    let location = Location {
        id: (context.new_id)(),
        name: name.clone(),
        colony_name: metadata.colony_name.clone(),
        description: format!("Auto-created from blueprint {}", metadata.name),
        ..Location::default()
    };
    locations::add(context.db, &location)?;
    Ok(())
}

/// One cron handles all blueprints of a kind at a location. An existing one of that name is used.
fn add_cron(
    context: &Context<'_>,
    handler: &Handler,
    blueprint: &Blueprint,
    initiator: &Initiator,
) -> Outcome<()> {
    let (colony_name, name) = (&blueprint.metadata.colony_name, handler::cron_name(blueprint));
    if crons::has_name(context.db, colony_name, &name)? {
        return Ok(());
    }
    let cron = Cron {
        id: (context.new_id)(),
        initiator_id: initiator.id.clone(),
        initiator_name: initiator.name.clone(),
        colony_name: colony_name.clone(),
        name,
        interval: handler::INTERVAL,
        workflow_spec: handler::cron_workflow(handler, blueprint),
        wait_for_previous_graph: true,
        ..Cron::default()
    };
    crons::add(context.db, &cron)?;
    Ok(())
}
