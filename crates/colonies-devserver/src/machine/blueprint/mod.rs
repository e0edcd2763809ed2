//! Blueprints: the desired state of resources in a colony, and the processes that reconcile them.
//!
//! The pure parts are `validate`, the schema of a spec, `words`, the texts of its violations, and `handler`,
//! the crons and processes that follow from a blueprint.

pub(super) mod add;
pub(super) mod definition;
mod handler;
pub(super) mod read;
pub(super) mod reconcile;
pub(super) mod remove;
pub(super) mod status;
pub(super) mod update;
mod validate;
mod words;

use super::access::{find_colony, find_member, owner};
use super::process::submit::Initiator;
use super::{Context, Outcome, Refusal};
use crate::store::blueprints::definitions::{self, Definition};
use crate::store::blueprints::history::{self, By};
use crate::store::blueprints::{self, Blueprint};

/// A caller that may manage the blueprints of a colony.
struct Keeper {
    colony_name: String,
    /// The initiator of submitted processes. The owner of a colony has no name.
    initiator: Initiator,
    is_owner: bool,
}

/// Lets the members of a colony pass, and its owner.
fn member_or_owner(context: &Context<'_>, colony_name: &str) -> Outcome<Keeper> {
    let refusal = match owner(context, colony_name) {
        Ok(colony) => {
            let initiator = Initiator { id: context.caller.to_owned(), name: String::new() };
            return Ok(Keeper { colony_name: colony.name, initiator, is_owner: true });
        }
        Err(refusal) => refusal,
    };
    if colony_name.is_empty() {
        return Err(refusal);
    }
    let Some(colony) = find_colony(context.db, colony_name)? else { return Err(refusal) };
    match find_member(context.db, &colony.name, context.caller, true)? {
        Some(member) => {
            Ok(Keeper { colony_name: colony.name, initiator: Initiator::from(&member), is_owner: false })
        }
        None => Err(refusal),
    }
}

fn existing(context: &Context<'_>, colony_name: &str, name: &str) -> Outcome<Blueprint> {
    blueprints::by_name(context.db, colony_name, name)?
        .ok_or_else(|| Refusal::not_found("Blueprint not found"))
}

/// The definition of a blueprint that is of a kind and looks as that kind has to.
fn check(context: &Context<'_>, blueprint: &Blueprint) -> Outcome<Definition> {
    if blueprint.kind.is_empty() {
        return Err(Refusal::bad_request("blueprint kind is required"));
    }
    let colony_name = &blueprint.metadata.colony_name;
    let definition = definitions::of_kind(context.db, colony_name, &blueprint.kind)?.ok_or_else(|| {
        Refusal::bad_request(format!(
            "BlueprintDefinition for kind '{}' not found in namespace '{colony_name}'",
            blueprint.kind
        ))
    })?;
    if let Some(schema) = &definition.spec.schema {
        validate::validate(schema, blueprint.spec.as_ref())
            .map_err(|fault| Refusal::bad_request(format!("blueprint validation failed: {fault}")))?;
    }
    Ok(definition)
}

fn note(context: &Context<'_>, blueprint: &Blueprint, change_type: &'static str) -> Outcome<()> {
    let id = uuid(&(context.new_id)());
    let by = By { id: &id, caller: context.caller, change_type, now: context.now };
    history::add(context.db, blueprint, by)?;
    Ok(())
}

/// A random UUID (version 4) of a random identity.
fn uuid(id: &str) -> String {
    let part = |range| id.get(range).unwrap_or_default();
    let variant = match part(16..17).as_bytes() {
        [digit @ b'0'..=b'9'] => char::from(b"89ab"[usize::from(digit % 4)]),
        [digit] => char::from(b"89ab"[usize::from((digit + 1) % 4)]),
        _ => '8',
    };
    format!("{}-{}-4{}-{variant}{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        assert_eq!(uuid(id), "01234567-89ab-4def-8123-456789abcdef");
        for (digit, variant) in "0123456789abcdef".chars().zip("89ab89ab89ab89ab".chars()) {
            let id = format!("0123456789abcdef{digit}123456789abcdef");
            assert_eq!(uuid(&id).chars().nth(19), Some(variant), "{digit}");
        }
    }
}
