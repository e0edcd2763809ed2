//! What a blueprint asks of the executors that see to its kind: crons and function specs. Nothing is stored
//! here.

use serde_json::{Value, json};

use crate::machine::process::spec::FunctionSpec;
use crate::store::blueprints::Blueprint;
use crate::store::blueprints::definitions::Handler;
use crate::wire::FreeJson;

/// How often the cron of a kind runs, in seconds.
pub(super) const INTERVAL: i64 = 60;

const NO_LIMIT: i64 = -1;

/// True if blueprints of the kind have a reconciling executor type and a function to call.
pub(super) fn is_complete(handler: &Handler) -> bool {
    !handler.executor_type.is_empty() && !handler.func_name.is_empty()
}

/// To reconcile one blueprint.
pub(super) fn reconcile(handler: &Handler, blueprint: &Blueprint, force: bool) -> FunctionSpec {
    let mut kwargs = vec![("kind", json!(blueprint.kind)), ("blueprintName", json!(blueprint.metadata.name))];
    if force {
        kwargs.push(("force", json!(true)));
    }
    function_spec(handler, &handler.func_name, blueprint, kwargs)
}

/// To clean up after a blueprint that has been removed.
pub(super) fn clean_up(handler: &Handler, blueprint: &Blueprint) -> FunctionSpec {
    let kwargs = vec![("kind", json!(blueprint.kind)), ("blueprintName", json!(blueprint.metadata.name))];
    function_spec(handler, "cleanup", blueprint, kwargs)
}

fn function_spec(
    handler: &Handler,
    func_name: &str,
    blueprint: &Blueprint,
    kwargs: Vec<(&str, Value)>,
) -> FunctionSpec {
    let mut spec = FunctionSpec::default();
    spec.node_name = format!("{}-{func_name}", handler.executor_type);
    func_name.clone_into(&mut spec.func_name);
    spec.kwargs = kwargs.into_iter().map(|(name, value)| (name.to_owned(), FreeJson(value))).collect();
    spec.max_exec_time = NO_LIMIT;
    spec.max_retries = NO_LIMIT;
    spec.conditions.colony_name.clone_from(&blueprint.metadata.colony_name);
    spec.conditions.executor_type.clone_from(&handler.executor_type);
    spec.conditions.location_name.clone_from(&blueprint.metadata.location_name);
    spec
}

/// The name of the cron that a blueprint shares with others of its kind at its location.
pub(super) fn cron_name(blueprint: &Blueprint) -> String {
    let location = &blueprint.metadata.location_name;
    if location.is_empty() {
        format!("reconcile-{}", blueprint.kind)
    } else {
        format!("reconcile-{}-{location}", blueprint.kind)
    }
}

/// The workflow of that cron, as JSON text: one process, whose only argument is the kind.
pub(super) fn cron_workflow(handler: &Handler, blueprint: &Blueprint) -> String {
    let spec = function_spec(handler, &handler.func_name, blueprint, vec![("kind", json!(blueprint.kind))]);
    let mut spec = serde_json::to_value(&spec).expect("a function spec is JSON");
    // In a spec that has never been submitted, no dependencies are null.
    spec["conditions"]["dependencies"] = Value::Null;
    json!({"colonyname": blueprint.metadata.colony_name, "functionspecs": [spec]}).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn handler(executor_type: &str, func_name: &str) -> Handler {
        serde_json::from_value(json!({"executorType": executor_type, "functionName": func_name})).unwrap()
    }

    fn blueprint(location: &str) -> Blueprint {
        let metadata = json!({"name": "lamp", "colonyname": "dev", "locationname": location});
        serde_json::from_value(json!({"kind": "Light", "metadata": metadata})).unwrap()
    }

    #[test]
    fn a_handler_needs_an_executor_type_and_a_function() {
        assert!(is_complete(&handler("e", "f")));
        assert!(!is_complete(&handler("e", "")));
        assert!(!is_complete(&handler("", "f")));
        assert!(!is_complete(&Handler::default()));
    }

    #[test]
    fn crons_are_named_by_kind_and_location() {
        assert_eq!(cron_name(&blueprint("")), "reconcile-Light");
        assert_eq!(cron_name(&blueprint("attic")), "reconcile-Light-attic");
    }

    #[test]
    fn a_reconciliation_names_the_blueprint() {
        let spec = reconcile(&handler("e", "f"), &blueprint("attic"), true);
        let spec = serde_json::to_value(&spec).unwrap();
        assert_eq!(spec["nodename"], "e-f");
        assert_eq!(spec["funcname"], "f");
        assert_eq!(spec["kwargs"], json!({"blueprintName": "lamp", "force": true, "kind": "Light"}));
        assert_eq!(spec["conditions"]["executortype"], "e");
        assert_eq!(spec["conditions"]["locationname"], "attic");
        assert_eq!(
            (&spec["maxwaittime"], &spec["maxexectime"], &spec["maxretries"]),
            (&json!(0), &json!(-1), &json!(-1))
        );
        let spec = serde_json::to_value(reconcile(&handler("e", "f"), &blueprint(""), false)).unwrap();
        assert_eq!(spec["kwargs"], json!({"blueprintName": "lamp", "kind": "Light"}));
        assert_eq!(spec["conditions"].get("locationname"), None);
    }

    #[test]
    fn cleaning_up_is_a_function_of_its_own() {
        let spec = serde_json::to_value(clean_up(&handler("e", ""), &blueprint(""))).unwrap();
        assert_eq!((&spec["nodename"], &spec["funcname"]), (&json!("e-cleanup"), &json!("cleanup")));
    }

    #[test]
    fn the_workflow_of_a_cron_names_the_kind_alone() {
        assert_eq!(
            cron_workflow(&handler("e", "f"), &blueprint("attic")),
            concat!(
                r#"{"colonyname":"dev","functionspecs":[{"nodename":"e-f","funcname":"f","args":[],"#,
                r#""kwargs":{"kind":"Light"},"priority":0,"maxwaittime":0,"maxexectime":-1,"maxretries":-1,"#,
                r#""conditions":{"colonyname":"dev","executornames":null,"executortype":"e","locationname":"attic","#,
                r#""dependencies":null,"nodes":0,"cpu":"","processes":0,"processespernode":0,"mem":"","storage":"","#,
                r#""gpu":{"name":"","mem":"","count":0,"nodecount":0},"walltime":0},"label":"","#,
                r#""fs":{"mount":"","snapshots":null,"dirs":null},"env":{}}]}"#
            )
        );
    }
}
