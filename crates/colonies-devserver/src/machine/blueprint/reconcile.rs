//! Reconciles a blueprint at once.

use super::{existing, handler};
use crate::machine::access::member;
use crate::machine::message::messages;
use crate::machine::process::submit::{Initiator, start};
use crate::machine::{Context, Outcome, Refusal};
use crate::store::blueprints::{self, definitions};

messages! {
    Reconcile { colony_name: String = "namespace", name: String = "name", force: bool = "force" }
}

/// Returns the new process. A generation raised by `force` stays raised, even if the kind has no reconciler.
pub(in crate::machine) fn reconcile(context: &mut Context<'_>, message: Reconcile) -> Outcome {
    let member = member(context, &message.colony_name)?;
    let mut blueprint = existing(context, &member.colony_name, &message.name)?;
    if message.force {
        blueprint.metadata.generation = blueprint.metadata.generation.saturating_add(1);
        blueprints::update(context.db, &blueprint)?;
    }
    let definition = definitions::of_kind(context.db, &member.colony_name, &blueprint.kind)?;
    let handler = definition.map(|definition| definition.spec.handler).unwrap_or_default();
    let missing = |what: &str| {
        let text = format!("Blueprint has no handler with {what} defined");
        Err(Refusal::bad_request(text).keeping_changes())
    };
    if handler.executor_type.is_empty() {
        return missing("executor type");
    }
    if handler.func_name.is_empty() {
        return missing("function name");
    }
    start(context, &Initiator::from(&member), handler::reconcile(&handler, &blueprint, message.force))
}
