//! Tests the machine against a small model, and against arbitrary messages.

#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::testing::Machine;
use super::{carry_out, run_due};

#[derive(Clone, Debug)]
enum Step {
    Submit { priority: i64, max_exec_time: i64, max_retries: i64 },
    Assign,
    Close(usize),
    Fail(usize),
    Cancel(usize),
    Remove(usize),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let submit = (-2..=2_i64, prop_oneof![Just(-1), 1..20_i64], -1..3_i64).prop_map(
        |(priority, max_exec_time, max_retries)| Step::Submit { priority, max_exec_time, max_retries },
    );
    let step = prop_oneof![
        4 => submit,
        4 => Just(Step::Assign),
        2 => (0..8_usize).prop_map(Step::Close),
        1 => (0..8_usize).prop_map(Step::Fail),
        1 => (0..8_usize).prop_map(Step::Cancel),
        1 => (0..8_usize).prop_map(Step::Remove),
        2 => (0..30_i64).prop_map(Step::Pass),
    ];
    vec(step, 0..60)
}

/// A process as the model sees it.
#[derive(Clone, Debug)]
struct Model {
    id: String,
    state: i64,
    priority: i64,
    /// Seconds; the model's clock starts at 0.
    submitted: i64,
    deadline: Option<i64>,
    max_exec_time: i64,
    retries: i64,
    max_retries: i64,
}

const DAY: i64 = 86_400;

fn next_waiting(models: &mut [Model]) -> Option<&mut Model> {
    let waiting = models.iter_mut().filter(|model| model.state == 0);
    // The first of those that are equal: submitted earlier, as they stand in that order.
    waiting.min_by_key(|model| model.submitted - model.priority * DAY)
}

fn run_out(models: &mut [Model], clock: i64) {
    for model in models {
        if model.state == 1 && model.deadline.is_some_and(|deadline| deadline < clock) {
            let is_last = model.max_retries > -1 && model.retries >= model.max_retries;
            model.state = if is_last { 3 } else { 0 };
            model.retries += i64::from(!is_last);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn processes_go_the_way_of_the_model(steps in steps()) {
        let mut machine = Machine::new();
        let mut models: Vec<Model> = Vec::new();
        let mut clock = 0;
        for step in steps {
            match step {
                Step::Submit { priority, max_exec_time, max_retries } => {
                    let conditions = json!({"colonyname": "dev", "executortype": "cli"});
                    let spec = json!({
                        "conditions": conditions, "priority": priority, "maxwaittime": -1,
                        "maxexectime": max_exec_time, "maxretries": max_retries,
                    });
                    let process = machine.call(&json!({"msgtype": "submitfuncspecmsg", "spec": spec})).unwrap();
                    let id = process["processid"].as_str().unwrap().to_owned();
                    models.push(Model {
                        id, state: 0, priority, submitted: clock, deadline: None, max_exec_time, retries: 0,
                        max_retries,
                    });
                }
                Step::Assign => {
                    let message = json!({"msgtype": "assignprocessmsg", "colonyname": "dev", "timeout": -1});
                    let assigned = machine.call(&message);
                    let wanted = next_waiting(&mut models);
                    prop_assert_eq!(
                        assigned.as_ref().map(|process| process["processid"].as_str().unwrap()),
                        wanted.as_ref().map(|model| model.id.as_str())
                    );
                    if let Some(model) = wanted {
                        model.state = 1;
                        model.deadline = (model.max_exec_time > 0).then(|| clock + model.max_exec_time);
                    }
                }
                Step::Close(at) | Step::Fail(at) | Step::Cancel(at) | Step::Remove(at) => {
                    let Some(model) = models.get_mut(at) else { continue };
                    let (msgtype, allowed, state) = match step {
                        Step::Close(_) => ("closesuccessfulmsg", matches!(model.state, 1 | 2), 2),
                        Step::Fail(_) => ("closefailedmsg", model.state == 1, 3),
                        Step::Cancel(_) => ("cancelprocessmsg", matches!(model.state, 0 | 1), 4),
                        _ => ("removeprocessmsg", model.state != 1, -1),
                    };
                    // A process that was cancelled or failed while it waited has no executor.
                    let answer = machine.call(&json!({"msgtype": msgtype, "processid": model.id}));
                    prop_assert_eq!(answer.is_some(), allowed, "{} in state {}", msgtype, model.state);
                    if allowed && state == -1 {
                        models.remove(at);
                    } else if allowed {
                        model.state = state;
                    }
                }
                Step::Pass(seconds) => {
                    clock += seconds;
                    machine.pass(seconds);
                    run_out(&mut models, clock);
                }
            }
        }
        for model in models {
            let process = machine.call(&json!({"msgtype": "getprocessmsg", "processid": model.id})).unwrap();
            prop_assert_eq!(
                (process["state"].as_i64(), process["retries"].as_i64(), process["isassigned"].as_bool()),
                (Some(model.state), Some(model.retries), Some(!process["assignedexecutorid"].as_str().unwrap().is_empty()))
            );
        }
    }

    #[test]
    fn any_bytes_are_answered_or_refused(payload: Vec<u8>, at in 0..MESSAGES.len()) {
        let machine = Machine::new();
        let _ = machine.with("a stranger", |context| carry_out(context, MESSAGES[at], &payload));
    }

    #[test]
    fn any_values_are_answered_or_refused(
        fields in vec((0..FIELDS.len(), values()), 0..6),
        at in 0..MESSAGES.len(),
        caller in 0..3_usize,
    ) {
        let machine = Machine::new();
        let mut message = serde_json::Map::new();
        for (field, value) in fields {
            message.insert(FIELDS[field].to_owned(), value);
        }
        message.insert("msgtype".to_owned(), MESSAGES[at].into());
        let callers = [crate::devkeys::EXECUTOR_ID, crate::devkeys::COLONY_ID, crate::devkeys::SERVER_ID];
        let payload = Value::Object(message).to_string();
        let _ = machine.with(callers[caller], |context| carry_out(context, MESSAGES[at], payload.as_bytes()));
        machine.with("", run_due).unwrap();
    }
}

/// Values that are likely to be accepted: existing names, boundary numbers, objects with such fields.
fn values() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(json!("dev")),
        Just(json!("dev-executor")),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!(["*"])),
        Just(json!(i64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!("{\"colonyname\":\"dev\",\"functionspecs\":[{\"nodename\":\"a\"}]}")),
        (-2..5_i64).prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
    ];
    plain.prop_recursive(3, 24, 6, |inner| {
        let field = (0..FIELDS.len()).prop_map(|at| FIELDS[at].to_owned());
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((field, inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

const MESSAGES: [&str; 56] = [
    "versionmsg",
    "getstatisticsmsg",
    "addcolonymsg",
    "getcolonymsg",
    "getcolonystatsmsg",
    "addusermsg",
    "getusersmsg",
    "addexecutormsg",
    "getexecutorsmsg",
    "removeexecutormsg",
    "reportallocationmsg",
    "addfunctionmsg",
    "getfunctionsmsg",
    "addlocationmsg",
    "pauseassignmentsmsg",
    "getpausestatusmsg",
    "submitfuncspecmsg",
    "assignprocessmsg",
    "getprocessesmsg",
    "getprocesshistmsg",
    "removeallprocessesmsg",
    "closesuccessfulmsg",
    "closefailedmsg",
    "setoutputmsg",
    "addattributemsg",
    "submitworkflowspecmsg",
    "addchildmsg",
    "getprocessgraphsmsg",
    "removeallprocessgraphsmsg",
    "addexecutorlogmsg",
    "getlogsmsg",
    "searchlogsmsg",
    "addcronmsg",
    "getcronsmsg",
    "addgeneratormsg",
    "getgeneratorsmsg",
    "packgeneratormsg",
    "addfilemsg",
    "getfilemsg",
    "getfilesmsg",
    "getfilelabelsmsg",
    "removefilemsg",
    "createsnapshotmsg",
    "getsnapshotsmsg",
    "removesnapshotmsg",
    "channelappendmsg",
    "channelreadmsg",
    "addblueprintdefinitionmsg",
    "getblueprintdefinitionsmsg",
    "addblueprintmsg",
    "getblueprintsmsg",
    "updateblueprintmsg",
    "updateblueprintstatusmsg",
    "reconcileblueprintmsg",
    "removeblueprintmsg",
    "nosuchmsg",
];

const FIELDS: [&str; 58] = [
    "colonyname",
    "executorname",
    "executortype",
    "executor",
    "colony",
    "user",
    "name",
    "fun",
    "location",
    "spec",
    "conditions",
    "functionspecs",
    "nodename",
    "dependencies",
    "state",
    "count",
    "timeout",
    "seconds",
    "days",
    "text",
    "message",
    "cron",
    "generator",
    "workflowspec",
    "interval",
    "cronexpression",
    "trigger",
    "priority",
    "maxwaittime",
    "file",
    "label",
    "fileid",
    "latest",
    "exact",
    "ref",
    "s3object",
    "size",
    "processid",
    "payload",
    "afterseq",
    "limit",
    "namespace",
    "blueprintdefinition",
    "blueprint",
    "metadata",
    "kind",
    "names",
    "schema",
    "properties",
    "enum",
    "items",
    "type",
    "handler",
    "executorType",
    "functionName",
    "blueprintname",
    "status",
    "force",
];
