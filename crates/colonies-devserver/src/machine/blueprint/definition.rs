//! Messages on definitions of blueprints.

use super::member_or_owner;
use crate::machine::access::owner;
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome, Refusal};
use crate::store::blueprints;
use crate::store::blueprints::definitions::{self, Definition};

messages! {
    Add { definition: Option<Definition> = "blueprintdefinition" }
    Get { colony_name: String = "colonyname", name: String = "name" }
    List { colony_name: String = "colonyname" }
    Remove { colony_name: String = "namespace", name: String = "name" }
}

/// Nothing in a definition is checked but whose it is.
pub(in crate::machine) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut definition = message.definition.ok_or_else(|| {
        Refusal::bad_request("Failed to add blueprint definition, blueprint definition is nil")
    })?;
    definition.metadata.colony_name = owner(context, &definition.metadata.colony_name)?.name;
    if definition.id.is_empty() {
        definition.id = (context.new_id)();
    }
    let taken = if definitions::has_id(context.db, &definition.id)? {
        Some("prod_blueprintdefinitions_pkey")
    } else {
        definitions::by_name(context.db, &definition.metadata.colony_name, &definition.metadata.name)?
            .map(|_| "prod_blueprintdefinitions_colony_name_name_key")
    };
    if let Some(constraint) = taken {
        return Err(Refusal::internal(format!(
            "pq: duplicate key value violates unique constraint \"{constraint}\""
        )));
    }
    definitions::add(context.db, &definition)?;
    Ok(Answer::json(&definition))
}

pub(in crate::machine) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let keeper = member_or_owner(context, &message.colony_name)?;
    let definition = definitions::by_name(context.db, &keeper.colony_name, &message.name)?
        .ok_or_else(|| Refusal::not_found("Blueprint definition not found"))?;
    Ok(Answer::json(&definition))
}

pub(in crate::machine) fn list(context: &mut Context<'_>, message: List) -> Outcome {
    let keeper = member_or_owner(context, &message.colony_name)?;
    Ok(Answer::json(&definitions::list(context.db, &keeper.colony_name)?))
}

/// A definition can be removed only after the last blueprint of its kind.
pub(in crate::machine) fn remove(context: &mut Context<'_>, message: Remove) -> Outcome {
    let colony = owner(context, &message.colony_name)?;
    let name = &message.name;
    let definition = definitions::by_name(context.db, &colony.name, name)?.ok_or_else(|| {
        Refusal::not_found(format!(
            "BlueprintDefinition '{name}' not found in namespace '{}'",
            message.colony_name
        ))
    })?;
    let kind = &definition.spec.names.kind;
    let in_use = blueprints::of_kind(context.db, &colony.name, kind)?.len();
    if in_use > 0 {
        return Err(Refusal::new(
            409,
            format!(
                "cannot remove BlueprintDefinition '{name}': {in_use} blueprint(s) of kind '{kind}' still exist"
            ),
        ));
    }
    definitions::remove(context.db, &definition.id)?;
    Ok(Answer::empty())
}
