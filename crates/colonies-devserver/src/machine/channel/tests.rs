//! Channels through the life of their process.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::append::MOST_ENTRIES;
use super::{place, tell_closed};
use crate::devkeys;
use crate::machine::testing::Machine;
use crate::machine::{Event, Refusal};

const USER: &str = "00000000000000000000000000000000000000000000000000000000000000aa";
const SECOND: &str = "00000000000000000000000000000000000000000000000000000000000000bb";

/// A machine with a user, who submits, and a second executor.
fn machine() -> Machine {
    let machine = Machine::new();
    let owner = |message| machine.call_as(devkeys::COLONY_ID, &message).unwrap();
    let colony_name = devkeys::COLONY_NAME;
    owner(
        json!({"msgtype": "addusermsg", "user": {"colonyname": colony_name, "userid": USER, "name": "user"}}),
    );
    owner(json!({"msgtype": "addexecutormsg", "executor": {
        "colonyname": colony_name, "executorid": SECOND, "executorname": "second", "executortype": "cli"}}));
    owner(json!({"msgtype": "approveexecutormsg", "colonyname": colony_name, "executorname": "second"}));
    machine
}

fn spec() -> Value {
    json!({
        "nodename": "node", "funcname": "chat", "channels": ["chat"], "maxwaittime": -1, "maxexectime": -1,
        "conditions": {"colonyname": devkeys::COLONY_NAME, "executortype": "cli"},
    })
}

fn submit(machine: &Machine, spec: &Value) -> String {
    let process = machine.call_as(USER, &json!({"msgtype": "submitfuncspecmsg", "spec": spec})).unwrap();
    process["processid"].as_str().unwrap().to_owned()
}

fn assign(machine: &Machine, executor: &str) {
    let message = json!({"msgtype": "assignprocessmsg", "colonyname": devkeys::COLONY_NAME, "timeout": -1});
    machine.call_as(executor, &message).unwrap();
}

fn append(machine: &Machine, caller: &str, process_id: &str) -> Result<Value, Refusal> {
    machine.call_as(
        caller,
        &json!({"msgtype": "channelappendmsg", "processid": process_id, "name": "chat", "payload": "aGk="}),
    )
}

fn read(machine: &Machine, caller: &str, process_id: &str) -> Result<usize, Refusal> {
    let message = json!({"msgtype": "channelreadmsg", "processid": process_id, "name": "chat"});
    machine.call_as(caller, &message).map(|entries| entries.as_array().unwrap().len())
}

/// How many rows there are of channels and of what belongs to them.
fn rows(machine: &Machine) -> i64 {
    let tables = ["channels", "channel_entries", "channel_allowances", "last_holders"];
    let count = |table| {
        let count = format!("SELECT count(*) FROM temp.{table}");
        machine.db.query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    tables.into_iter().map(count).sum()
}

fn closed(machine: &Machine) -> usize {
    let events =
        machine.with("", |context| tell_closed(context).map(|()| std::mem::take(&mut context.events)));
    events.unwrap().iter().filter(|event| matches!(event, Event::ChannelClosed(_))).count()
}

#[test]
fn a_name_declared_twice_is_one_channel() {
    let spec = r#"{"funcname":"f","channels":["a","b","a","c"]}"#;
    for (name, number) in [("a", Some(0)), ("b", Some(1)), ("c", Some(2)), ("", None), ("d", None)] {
        assert_eq!(place(spec, name).unwrap(), number, "{name}");
    }
    assert_eq!(place("{}", "a").unwrap(), None);
}

#[test]
fn a_channel_goes_with_its_process_whichever_way_that_ends() {
    for (msgtype, caller, left) in [
        ("closesuccessfulmsg", devkeys::EXECUTOR_ID, Err(404)),
        ("closefailedmsg", devkeys::EXECUTOR_ID, Err(404)),
        ("cancelprocessmsg", USER, Ok(0)),
    ] {
        let machine = machine();
        let id = submit(&machine, &spec());
        assign(&machine, devkeys::EXECUTOR_ID);
        append(&machine, USER, &id).unwrap();
        assert_eq!(closed(&machine), 0);
        machine.call_as(caller, &json!({"msgtype": msgtype, "processid": id})).unwrap();
        assert_eq!((rows(&machine), closed(&machine)), (0, 1), "{msgtype}");
        assert_eq!(read(&machine, USER, &id).map_err(|refusal| refusal.status), left, "{msgtype}");
    }
}

#[test]
fn a_channel_goes_with_a_process_that_is_removed() {
    for message in [
        json!({"msgtype": "removeprocessmsg"}),
        json!({"msgtype": "removeallprocessesmsg", "state": -1}),
        json!({"msgtype": "removecolonymsg"}),
    ] {
        let machine = machine();
        let id = submit(&machine, &spec());
        append(&machine, USER, &id).unwrap();
        let mut message = message;
        message["processid"] = json!(id);
        message["colonyname"] = json!(devkeys::COLONY_NAME);
        let caller = match message["msgtype"].as_str().unwrap() {
            "removeprocessmsg" => USER,
            "removecolonymsg" => devkeys::SERVER_ID,
            _ => devkeys::COLONY_ID,
        };
        machine.call_as(caller, &message).unwrap();
        assert_eq!((rows(&machine), closed(&machine)), (0, 1), "{message}");
        assert_eq!(read(&machine, USER, &id).unwrap_err().message, "Process not found");
    }
}

#[test]
fn a_channel_goes_with_a_workflow_that_is_cancelled_or_fails() {
    for fails in [false, true] {
        let machine = machine();
        let mut child = spec();
        child["nodename"] = json!("child");
        child["conditions"]["dependencies"] = json!(["node"]);
        let graph = machine
            .call_as(
                USER,
                &json!({"msgtype": "submitworkflowspecmsg", "spec": {
                "colonyname": devkeys::COLONY_NAME, "functionspecs": [spec(), child]}}),
            )
            .unwrap();
        let ids: Vec<&str> =
            graph["processids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        for id in &ids {
            append(&machine, USER, id).unwrap();
        }
        if fails {
            assign(&machine, devkeys::EXECUTOR_ID);
            let message = json!({"msgtype": "closefailedmsg", "processid": ids[0]});
            machine.call_as(devkeys::EXECUTOR_ID, &message).unwrap();
        } else {
            let id = &graph["processgraphid"];
            machine
                .call_as(USER, &json!({"msgtype": "cancelprocessgraphmsg", "processgraphid": id}))
                .unwrap();
        }
        assert_eq!((rows(&machine), closed(&machine)), (0, 2), "fails: {fails}");
    }
}

#[test]
fn who_lost_a_process_keeps_its_channels_until_another_has_it() {
    let mut machine = machine();
    let mut spec = spec();
    spec["maxexectime"] = json!(1);
    spec["maxretries"] = json!(5);
    let id = submit(&machine, &spec);
    assign(&machine, devkeys::EXECUTOR_ID);
    append(&machine, devkeys::EXECUTOR_ID, &id).unwrap();
    machine.pass(3);
    append(&machine, devkeys::EXECUTOR_ID, &id).unwrap();
    assert_eq!(read(&machine, SECOND, &id).unwrap_err().message, "Not authorized to read from channel");
    assign(&machine, SECOND);
    assert_eq!(read(&machine, SECOND, &id), Ok(2));
    let refusal = append(&machine, devkeys::EXECUTOR_ID, &id).unwrap_err();
    assert_eq!(refusal.message, "Not authorized to write to channel");
    machine.pass(3);
    assert_eq!(read(&machine, SECOND, &id), Ok(2));
    assert!(read(&machine, devkeys::EXECUTOR_ID, &id).is_err());
}

#[test]
fn entries_come_at_a_limited_rate_and_a_full_log_stays_full() {
    let mut machine = machine();
    let id = submit(&machine, &spec());
    let mut written = 0;
    while written < MOST_ENTRIES {
        match append(&machine, USER, &id) {
            Ok(_) => written += 1,
            Err(refusal) => {
                assert_eq!(refusal.message, "rate limit exceeded");
                assert_eq!(written % 500, 0, "so many at once, and so many in five seconds");
                machine.now = machine.now.plus_seconds(5);
            }
        }
    }
    machine.now = machine.now.plus_seconds(5);
    assert_eq!(append(&machine, USER, &id).unwrap_err().message, "channel log is full");
    assert_eq!(read(&machine, USER, &id), Ok(MOST_ENTRIES));
}
