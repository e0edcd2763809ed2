//! Replacing a blueprint.

use super::{check, handler, member_or_owner, note};
use crate::machine::message::messages;
use crate::machine::process::submit::start;
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::blueprints::{self, Blueprint, history};

messages! {
    Update { blueprint: Option<Blueprint> = "blueprint", force_generation: bool = "forcegeneration" }
}

/// All of a blueprint is replaced but its id and its generation. Crons and locations stay as they are.
pub(in crate::machine) fn update(context: &mut Context<'_>, message: Update) -> Outcome {
    let mut blueprint = message
        .blueprint
        .ok_or_else(|| Refusal::bad_request("Failed to update blueprint, blueprint is nil"))?;
    let given = blueprint.metadata.colony_name.clone();
    let keeper = member_or_owner(context, &given)?;
    blueprint.metadata.colony_name.clone_from(&keeper.colony_name);
    let before =
        blueprints::by_name(context.db, &keeper.colony_name, &blueprint.metadata.name)?.ok_or_else(|| {
            Refusal::not_found(format!(
                "blueprint '{}' not found in namespace '{given}'",
                blueprint.metadata.name
            ))
        })?;
    let definition = check(context, &blueprint)?;
    let is_raised = message.force_generation || blueprint.spec_json() != before.spec_json();
    blueprint.id = before.id;
    blueprint.metadata.generation = before.metadata.generation.saturating_add(i64::from(is_raised));
    blueprints::update(context.db, &blueprint)?;
    if is_raised {
        note(context, &blueprint, history::UPDATE)?;
        let handler = &definition.spec.handler;
        // What the owner of a colony changes is left to the cron.
        if handler::is_complete(handler) && !keeper.is_owner {
            start(context, &keeper.initiator, handler::reconcile(handler, &blueprint, false))?;
        }
    }
    Ok(Answer::json(&blueprint))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use crate::store::blueprints::Blueprint;

    fn spec(spec: &Value) -> String {
        let text = json!({"spec": spec}).to_string();
        colonies_proto::from_json::<Blueprint>(text.as_bytes()).unwrap().spec_json()
    }

    #[test]
    fn specs_are_compared_as_values() {
        let one = json!({"a": {"x": 1, "y": [1, 2]}, "n": 1});
        assert_eq!(spec(&one), spec(&json!({"n": 1.0, "a": {"y": [1, 2], "x": 1}})));
        assert_ne!(spec(&one), spec(&json!({"n": 1, "a": {"x": 1, "y": [2, 1]}})));
        assert_ne!(spec(&one), spec(&json!({"n": 1, "a": {"x": 1, "y": [1, 2]}, "z": null})));
        assert_ne!(spec(&one), spec(&json!({"n": 1})));
        assert_eq!(spec(&json!({})), spec(&Value::Null));
    }
}
