//! Messages on attributes.

use super::access::member;
use super::message::messages;
use super::process::spec::change_environment;
use super::process::submit::attribute_id;
use super::{Answer, Context, Outcome, Refusal};
use crate::store::attributes::{self, Attribute, ENV};
use crate::store::{State, processes};

messages! {
    Add { attribute: Attribute = "attribute" }
    Get { attribute_id: String = "attributeid" }
}

pub(super) fn add(context: &mut Context<'_>, message: Add) -> Outcome {
    let mut attribute = message.attribute;
    let process = processes::get(context.db, &attribute.target_id)?
        .ok_or_else(|| Refusal::not_found("Failed to add attribute, process not found"))?;
    member(context, &process.colony_name)?;
    if process.state != State::Running {
        return Err(Refusal::forbidden("Failed to add attribute, process is not running"));
    }
    if process.assigned_executor_id != context.caller {
        return Err(Refusal::forbidden(format!(
            "Failed to add attribute, only executor with id <{}> is allowed to set attributes",
            process.assigned_executor_id
        )));
    }
    attribute.id = attribute_id(&process.id, &attribute.key, attribute.kind);
    if attributes::by_id(context.db, &attribute.id)?.is_some() {
        return Err(Refusal::bad_request(
            "pq: duplicate key value violates unique constraint \"prod_attributes_pkey\"",
        ));
    }
    attribute.target_graph_id = process.graph_id;
    attributes::add(context.db, &attribute)?;
    if attribute.kind == ENV {
        let spec = change_environment(&process.spec, |environment| {
            environment.insert(attribute.key.clone(), attribute.value.clone());
        })?;
        processes::set_spec(context.db, &process.id, &spec)?;
    }
    Ok(Answer::json(&attribute))
}

pub(super) fn get(context: &mut Context<'_>, message: Get) -> Outcome {
    let attribute = attributes::by_id(context.db, &message.attribute_id)?
        .ok_or_else(|| Refusal::bad_request("Attribute does not exists"))?;
    let process = processes::get(context.db, &attribute.target_id)?
        .ok_or_else(|| Refusal::not_found("Failed to get attribute, process not found"))?;
    member(context, &process.colony_name)?;
    Ok(Answer::json(&attribute))
}
