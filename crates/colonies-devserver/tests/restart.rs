//! What is there again when a server starts anew with its data, and what is not.

#![allow(clippy::unwrap_used)]

mod common;

use colonies_devserver::devkeys;
use common::{Caller, Directory, start_in};
use serde_json::{Value, json};

const COLONY: &str = devkeys::COLONY_NAME;

#[test]
fn files_and_snapshots_are_kept() {
    let directory = Directory::new();
    let server = start_in(&directory.0).unwrap();
    let executor = Caller::executor(&server);
    let add = json!({"msgtype": "addfilemsg", "file": {
        "colonyname": COLONY, "label": "/data", "name": "a.txt", "size": 3,
        "ref": {"s3object": {"object": "o", "port": 9000, "tls": true}}}});
    let file = executor.get(&add);
    let snapshot = executor
        .get(&json!({"msgtype": "createsnapshotmsg", "colonyname": COLONY, "label": "/data", "name": "s"}));
    assert_eq!(snapshot["fileids"], json!([file["fileid"]]));
    drop(server);

    let server = start_in(&directory.0).unwrap();
    let executor = Caller::executor(&server);
    let get = json!({"msgtype": "getfilemsg", "colonyname": COLONY, "fileid": file["fileid"]});
    assert_eq!(executor.get(&get), json!([file]));
    let get = json!({"msgtype": "getsnapshotmsg", "colonyname": COLONY, "name": "s"});
    assert_eq!(executor.get(&get), snapshot);
    let next = executor.get(&add);
    assert!(next["sequencenr"].as_i64() > file["sequencenr"].as_i64());
}

#[test]
fn blueprints_are_kept_with_their_definitions_and_history() {
    let directory = Directory::new();
    let server = start_in(&directory.0).unwrap();
    let executor = Caller::executor(&server);
    let owner = Caller::new(&server, devkeys::COLONY_PRVKEY);
    owner.get(&json!({"msgtype": "addblueprintdefinitionmsg", "blueprintdefinition": {
        "metadata": {"name": "lights", "colonyname": COLONY},
        "spec": {"names": {"kind": "Light"}, "handler": {"executorType": "cli", "functionName": "see_to_it"},
                 "schema": {"required": ["power"], "properties": {"power": {"enum": [true, {"deep": [1]}]}}}}}}));
    let blueprint = executor.get(&json!({"msgtype": "addblueprintmsg", "blueprint": {
        "kind": "Light", "metadata": {"name": "lamp", "colonyname": COLONY, "labels": {"a": "b"}},
        "spec": {"power": {"deep": [1]}}, "status": {"on": null}}}));
    let asked = [
        json!({"msgtype": "getblueprintdefinitionsmsg", "colonyname": COLONY}),
        json!({"msgtype": "getblueprintsmsg", "namespace": COLONY}),
        json!({"msgtype": "getblueprinthistorymsg", "blueprintid": blueprint["blueprintid"]}),
        json!({"msgtype": "getprocessesmsg", "colonyname": COLONY, "count": 10, "state": 0}),
    ];
    let before: Vec<Value> = asked.iter().map(|message| executor.get(message)).collect();
    drop(server);

    let server = start_in(&directory.0).unwrap();
    let executor = Caller::executor(&server);
    for (message, before) in asked.iter().zip(before) {
        assert_eq!(before.as_array().map(Vec::len), Some(1), "{message}");
        assert_eq!(executor.get(message), before);
    }
}

#[test]
fn channels_are_empty_and_can_be_used() {
    let directory = Directory::new();
    let server = start_in(&directory.0).unwrap();
    let process = Caller::executor(&server).submit(&json!({"channels": ["chat"]}));
    let append = json!({
        "msgtype": "channelappendmsg", "processid": process["processid"], "name": "chat", "payload": "aGk=",
    });
    let read = json!({"msgtype": "channelreadmsg", "processid": process["processid"], "name": "chat"});
    let count = |executor: &Caller| executor.get(&read).as_array().unwrap().len();
    Caller::executor(&server).get(&append);
    assert_eq!(count(&Caller::executor(&server)), 1);
    drop(server);

    let server = start_in(&directory.0).unwrap();
    let executor = Caller::executor(&server);
    assert_eq!(count(&executor), 0);
    executor.get(&append);
    assert_eq!(count(&executor), 1);
}
