//! A server with one record of each kind, and a valid message of every type.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use super::super::{Core, Outcome, Reaction};
use crate::config::Seed;
use crate::devkeys::{COLONY_ID, EXECUTOR_ID, SERVER_ID};
use crate::machine::{Answer, Settings};
use crate::store;

const USER_ID: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const STRANGER_ID: &str = "2222222222222222222222222222222222222222222222222222222222222222";
pub(in crate::engine::core) const CALLERS: [&str; 5] =
    [SERVER_ID, COLONY_ID, EXECUTOR_ID, USER_ID, STRANGER_ID];

/// A server with one record of each kind, and their identities.
pub(in crate::engine::core) struct World {
    pub(in crate::engine::core) core: Core,
    pub(in crate::engine::core) waiting: String,
    pub(in crate::engine::core) running: String,
    pub(in crate::engine::core) graph: String,
    /// Its root runs.
    pub(in crate::engine::core) started: String,
    pub(in crate::engine::core) root: String,
    pub(in crate::engine::core) attribute: String,
    pub(in crate::engine::core) function: String,
    pub(in crate::engine::core) cron: String,
    pub(in crate::engine::core) generator: String,
    pub(in crate::engine::core) file: String,
    pub(in crate::engine::core) blueprint: Value,
}

pub(in crate::engine::core) fn send(core: &Core, caller: &str, message: &Value) -> Outcome<Value> {
    let msgtype = message["msgtype"].as_str().unwrap();
    match core.carry_out(caller, msgtype, message.to_string().as_bytes())? {
        Reaction::Answered { answer: Answer::Json(json) | Answer::Other(_, json), .. } => {
            Ok(serde_json::from_slice(&json).unwrap())
        }
        Reaction::Answered { .. } => Ok(Value::Null),
        Reaction::Waits { place, .. } => {
            core.leave(&place);
            Ok(Value::Null)
        }
    }
}

fn spec(func_name: &str) -> Value {
    json!({
        "nodename": func_name, "funcname": func_name, "args": [1, "two"], "kwargs": {"three": 3},
        "priority": 1, "maxwaittime": 100, "maxexectime": 100, "maxretries": 2, "label": "some",
        "env": {"key": "value"}, "channels": ["chat"],
        "conditions": {
            "colonyname": "dev", "executortype": "cli", "executornames": ["dev-executor"], "dependencies": [],
            "nodes": 1, "cpu": "100m", "mem": "10Mi", "gpu": {"name": "", "count": 0}, "walltime": 60,
        },
        "fs": {"mount": "/cfs", "dirs": [{"label": "/data", "dir": "/data", "keepfiles": false}]},
    })
}

fn workflow() -> Value {
    let mut second = spec("second");
    second["conditions"]["dependencies"] = json!(["first"]);
    json!({"colonyname": "dev", "functionspecs": [spec("first"), second]})
}

fn definition(name: &str, kind: &str) -> Value {
    json!({
        "kind": "BlueprintDefinition", "metadata": {"name": name, "colonyname": "dev"},
        "spec": {
            "names": {"kind": kind}, "schema": {"properties": {"on": {"type": "boolean"}}},
            "handler": {"executorType": "cli", "functionName": "reconcile"},
        },
    })
}

fn blueprint(name: &str) -> Value {
    json!({"kind": "Lamp", "metadata": {"name": name, "colonyname": "dev"}, "spec": {"on": true}})
}

fn file(name: &str) -> Value {
    json!({
        "colonyname": "dev", "label": "/data", "name": name, "size": 1, "checksum": "sum", "checksumalg": "SHA256",
        "ref": {"protocol": "s3", "s3object": {"server": "s3", "port": 9000, "object": "object", "bucket": "bucket"}},
    })
}

fn executor(name: &str) -> Value {
    json!({
        "executorid": STRANGER_ID, "executorname": name, "executortype": "cli", "colonyname": "dev",
        "location": {"long": 1.5, "lat": 2.5, "desc": "here"}, "capabilities": {"hardware": [], "software": []},
    })
}

impl World {
    pub(in crate::engine::core) fn new() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let core = Core::new(
            store::open(None).unwrap(),
            Settings { address, allow_reregister: true, realistic: None },
            10,
        );
        core.set_up(SERVER_ID, Some(&Seed::default())).unwrap();
        let owner = |message: Value| send(&core, COLONY_ID, &message).unwrap();
        let executor = |message: Value| send(&core, EXECUTOR_ID, &message).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();

        owner(
            json!({"msgtype": "addusermsg", "user": {"colonyname": "dev", "userid": USER_ID, "name": "user"}}),
        );
        owner(json!({"msgtype": "addexecutormsg", "executor": self::executor("pending")}));
        owner(json!({"msgtype": "addlocationmsg", "location": {"colonyname": "dev", "name": "here"}}));
        let function = json!({"colonyname": "dev", "executorname": "dev-executor", "funcname": "f"});
        let function = executor(json!({"msgtype": "addfunctionmsg", "fun": function}));
        let submit = json!({"msgtype": "submitfuncspecmsg", "spec": spec("f")});
        let running = executor(submit.clone());
        executor(json!({"msgtype": "assignprocessmsg", "colonyname": "dev", "timeout": 1}));
        let running = text(&running["processid"]);
        let started = executor(json!({"msgtype": "submitworkflowspecmsg", "spec": workflow()}));
        executor(json!({"msgtype": "assignprocessmsg", "colonyname": "dev", "timeout": 1}));
        let waiting = executor(submit);
        let graph = executor(json!({"msgtype": "submitworkflowspecmsg", "spec": workflow()}));
        let attribute = json!({"targetid": running, "targetcolonyname": "dev", "attributetype": 1, "key": "k", "value": "v"});
        let attribute = executor(json!({"msgtype": "addattributemsg", "attribute": attribute}));
        executor(json!({"msgtype": "addlogmsg", "processid": running, "message": "logged"}));
        executor(json!({
            "msgtype": "channelappendmsg", "processid": running, "name": "chat", "sequence": 1, "payload": "aGk=",
        }));
        let planned = workflow().to_string();
        let cron = json!({"colonyname": "dev", "name": "cron", "interval": 10, "workflowspec": planned});
        let cron = executor(json!({"msgtype": "addcronmsg", "cron": cron}));
        let generator =
            json!({"colonyname": "dev", "name": "generator", "trigger": 2, "workflowspec": planned});
        let generator = executor(json!({"msgtype": "addgeneratormsg", "generator": generator}));
        let file = executor(json!({"msgtype": "addfilemsg", "file": file("a")}));
        executor(
            json!({"msgtype": "createsnapshotmsg", "colonyname": "dev", "label": "/data", "name": "shot"}),
        );
        owner(
            json!({"msgtype": "addblueprintdefinitionmsg", "blueprintdefinition": definition("lamps", "Lamp")}),
        );
        let blueprint = executor(json!({"msgtype": "addblueprintmsg", "blueprint": blueprint("desk")}));
        Self {
            waiting: text(&waiting["processid"]),
            running,
            started: text(&started["processgraphid"]),
            root: text(&started["rootprocessids"][0]),
            graph: text(&graph["processgraphid"]),
            attribute: text(&attribute["attributeid"]),
            function: text(&function["functionid"]),
            cron: text(&cron["cronid"]),
            generator: text(&generator["generatorid"]),
            file: text(&file["fileid"]),
            blueprint,
            core,
        }
    }

    /// A valid message of every type, and its permitted senders.
    #[expect(clippy::too_many_lines, reason = "this is a table, a line a message")]
    pub(in crate::engine::core) fn examples(&self) -> Vec<(&'static str, Value)> {
        let Self {
            waiting,
            running,
            graph,
            started,
            root,
            attribute,
            function,
            cron,
            generator,
            file: file_id,
            ..
        } = self;
        let new_id = "3".repeat(64);
        let planned = workflow().to_string();
        let mut second_attribute =
            json!({"targetid": running, "targetcolonyname": "dev", "attributetype": 1});
        second_attribute["key"] = json!("other");
        let mut updated = self.blueprint.clone();
        updated["spec"]["on"] = json!(false);
        let (owner, user) = (COLONY_ID, USER_ID);
        let server = |msgtype: &str, fields: Value| (SERVER_ID, with_type(msgtype, fields));
        let colony = |msgtype: &str, fields: Value| (owner, with_type(msgtype, fields));
        let member = |msgtype: &str, fields: Value| (EXECUTOR_ID, with_type(msgtype, fields));
        let dev = || json!({"colonyname": "dev"});
        vec![
            (STRANGER_ID, with_type("versionmsg", json!({}))),
            (STRANGER_ID, with_type("getserverinfomsg", json!({}))),
            server("getclustermsg", json!({})),
            server("getstatisticsmsg", json!({})),
            server("changeserveridmsg", json!({"serverid": new_id})),
            server("addcolonymsg", json!({"colony": {"colonyid": new_id, "name": "new"}})),
            server("removecolonymsg", dev()),
            server("getcoloniesmsg", json!({})),
            member("getcolonymsg", dev()),
            member("getcolonystatsmsg", dev()),
            colony("changecolonyidmsg", json!({"colonyname": "dev", "colonyid": new_id})),
            colony(
                "addusermsg",
                json!({"user": {
                    "colonyname": "dev", "userid": STRANGER_ID, "name": "new", "email": "e", "phone": "p",
                }}),
            ),
            member("getusermsg", json!({"colonyname": "dev", "name": "user"})),
            member("getuserbyidmsg", json!({"colonyname": "dev", "userid": USER_ID})),
            member("getusersmsg", dev()),
            colony("removeusermsg", json!({"colonyname": "dev", "name": "user"})),
            (user, with_type("changeuseridmsg", json!({"colonyname": "dev", "userid": new_id}))),
            colony("addexecutormsg", json!({"executor": executor("new")})),
            member("getexecutormsg", json!({"colonyname": "dev", "executorname": "dev-executor"})),
            member("getexecutorbyidmsg", json!({"colonyname": "dev", "executorid": EXECUTOR_ID})),
            member("getexecutorsmsg", dev()),
            colony("approveexecutormsg", json!({"colonyname": "dev", "executorname": "pending"})),
            colony("rejectexecutormsg", json!({"colonyname": "dev", "executorname": "pending"})),
            colony("removeexecutormsg", json!({"colonyname": "dev", "executorname": "dev-executor"})),
            member(
                "updateexecutormsg",
                json!({
                    "colonyname": "dev", "executorname": "dev-executor", "capabilities": {
                        "hardware": [{"model": "m", "nodes": 1, "cpu": "1", "mem": "1Gi", "gpu": {"count": 1}}],
                        "software": [{"name": "n", "type": "t", "version": "v"}],
                    },
                }),
            ),
            member(
                "reportallocationmsg",
                json!({
                    "colonyname": "dev", "executorname": "dev-executor",
                    "allocations": {"projects": {"p": {"allocatedcpu": 1, "usedcpu": 1}}},
                }),
            ),
            member("changeexecutoridmsg", json!({"colonyname": "dev", "executorid": new_id})),
            member(
                "addfunctionmsg",
                json!({"fun": {
                    "colonyname": "dev", "executorname": "dev-executor", "funcname": "g", "desc": "d",
                    "args": [{"name": "a", "type": "t"}], "counter": 1, "minwaittime": 0.5,
                }}),
            ),
            member("getfunctionsmsg", json!({"colonyname": "dev", "executorname": "dev-executor"})),
            member("removefunctionmsg", json!({"functionid": function})),
            colony(
                "addlocationmsg",
                json!({"location": {
                    "locationid": "l", "colonyname": "dev", "name": "there", "description": "d", "long": 1.5, "lat": 2,
                }}),
            ),
            member("getlocationmsg", json!({"colonyname": "dev", "name": "here"})),
            member("getlocationsmsg", dev()),
            colony("removelocationmsg", json!({"colonyname": "dev", "name": "here"})),
            colony("pauseassignmentsmsg", dev()),
            colony("resumeassignmentsmsg", dev()),
            member("getpausestatusmsg", dev()),
            member("submitfuncspecmsg", json!({"spec": spec("g")})),
            member(
                "assignprocessmsg",
                json!({
                    "colonyname": "dev", "timeout": 10, "availablecpu": "1000m", "availablemem": "1Gi",
                }),
            ),
            member("getprocessmsg", json!({"processid": waiting})),
            member(
                "getprocessesmsg",
                json!({
                    "colonyname": "dev", "count": 10, "state": 0, "executortype": "cli", "label": "some", "initiator": "",
                }),
            ),
            member(
                "getprocesshistmsg",
                json!({
                    "colonyname": "dev", "executorid": EXECUTOR_ID, "state": 1, "seconds": 60,
                }),
            ),
            member("removeprocessmsg", json!({"processid": waiting})),
            colony("removeallprocessesmsg", json!({"colonyname": "dev", "state": -1})),
            member("closesuccessfulmsg", json!({"processid": running, "out": ["done"]})),
            member("closefailedmsg", json!({"processid": running, "errors": ["broken"]})),
            member("setoutputmsg", json!({"processid": running, "out": [1]})),
            member("cancelprocessmsg", json!({"processid": waiting})),
            member("addattributemsg", json!({"attribute": second_attribute})),
            member("getattributemsg", json!({"attributeid": attribute})),
            member("submitworkflowspecmsg", json!({"spec": workflow()})),
            member(
                "addchildmsg",
                json!({
                    "processgraphid": started, "parentprocessid": root, "childprocessid": "", "insert": false,
                    "spec": spec("child"),
                }),
            ),
            member("getprocessgraphmsg", json!({"processgraphid": graph})),
            member("getprocessgraphsmsg", json!({"colonyname": "dev", "count": 10, "state": 0})),
            member("removeprocessgraphmsg", json!({"processgraphid": graph})),
            colony("removeallprocessgraphsmsg", json!({"colonyname": "dev", "state": -1})),
            member("cancelprocessgraphmsg", json!({"processgraphid": graph})),
            member("addlogmsg", json!({"processid": running, "message": "text"})),
            member(
                "addexecutorlogmsg",
                json!({
                    "colonyname": "dev", "executorname": "dev-executor", "message": "text",
                }),
            ),
            member(
                "getlogsmsg",
                json!({
                    "colonyname": "dev", "processid": running, "executorname": "", "count": 10, "since": 0,
                }),
            ),
            member("searchlogsmsg", json!({"colonyname": "dev", "text": "log", "days": 1, "count": 10})),
            member(
                "addcronmsg",
                json!({"cron": {
                    "colonyname": "dev", "name": "new", "cronexpression": "0 0 1 1 * *", "interval": -1, "random": false,
                    "workflowspec": planned, "waitforprevprocessgraph": true,
                }}),
            ),
            member("getcronmsg", json!({"cronid": cron})),
            member("getcronsmsg", json!({"colonyname": "dev", "count": 10})),
            member("runcronmsg", json!({"cronid": cron})),
            member("removecronmsg", json!({"cronid": cron})),
            member(
                "addgeneratormsg",
                json!({"generator": {
                    "colonyname": "dev", "name": "new", "trigger": 1, "timeout": 5, "workflowspec": planned,
                }}),
            ),
            member("getgeneratormsg", json!({"generatorid": generator})),
            member("resolvegeneratormsg", json!({"colonyname": "dev", "generatorname": "generator"})),
            member("getgeneratorsmsg", json!({"colonyname": "dev", "count": 10})),
            member("packgeneratormsg", json!({"generatorid": generator, "arg": "argument"})),
            member("removegeneratormsg", json!({"generatorid": generator})),
            member("addfilemsg", json!({"file": file("b")})),
            member("getfilemsg", json!({"colonyname": "dev", "label": "/data", "name": "a", "latest": true})),
            member("getfilesmsg", json!({"colonyname": "dev", "label": "/data"})),
            member("getfilelabelsmsg", json!({"colonyname": "dev", "name": "/", "exact": false})),
            member("removefilemsg", json!({"colonyname": "dev", "fileid": file_id})),
            member("createsnapshotmsg", json!({"colonyname": "dev", "label": "/data", "name": "new"})),
            member("getsnapshotmsg", json!({"colonyname": "dev", "name": "shot"})),
            member("getsnapshotsmsg", dev()),
            member("removesnapshotmsg", json!({"colonyname": "dev", "name": "shot"})),
            member("removeallsnapshotmsg", dev()),
            member(
                "channelappendmsg",
                json!({
                    "processid": running, "name": "chat", "sequence": 2, "inreplyto": 1, "payload": "aGk=",
                    "payloadtype": "end",
                }),
            ),
            member(
                "channelreadmsg",
                json!({"processid": running, "name": "chat", "afterseq": 0, "limit": 10}),
            ),
            colony("addblueprintdefinitionmsg", json!({"blueprintdefinition": definition("doors", "Door")})),
            member("getblueprintdefinitionmsg", json!({"colonyname": "dev", "name": "lamps"})),
            member("getblueprintdefinitionsmsg", dev()),
            colony("removeblueprintdefinitionmsg", json!({"namespace": "dev", "name": "lamps"})),
            member("addblueprintmsg", json!({"blueprint": blueprint("hall")})),
            member("getblueprintmsg", json!({"namespace": "dev", "name": "desk"})),
            member("getblueprintsmsg", json!({"namespace": "dev", "kind": "Lamp", "locationname": ""})),
            member("updateblueprintmsg", json!({"blueprint": updated, "forcegeneration": true})),
            member("removeblueprintmsg", json!({"namespace": "dev", "name": "desk"})),
            member(
                "updateblueprintstatusmsg",
                json!({
                    "colonyname": "dev", "blueprintname": "desk", "status": {"on": true},
                }),
            ),
            member("reconcileblueprintmsg", json!({"namespace": "dev", "name": "desk", "force": true})),
            member(
                "getblueprinthistorymsg",
                json!({
                    "blueprintid": self.blueprint["blueprintid"], "limit": 10,
                }),
            ),
        ]
    }

    /// What no message may bring about.
    pub(in crate::engine::core) fn check(&self) {
        let db = &self.core.lock().db;
        let all_is_well: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(all_is_well, "ok");
        for (what, wrong) in [
            ("a process in no state", "processes WHERE state NOT BETWEEN 0 AND 4"),
            ("a process runs nowhere", "processes WHERE state = 1 AND assigned_executor_id = ''"),
            ("a process waits somewhere", "processes WHERE state = 0 AND assigned_executor_id <> ''"),
            ("a graph in no state", "graphs WHERE state NOT BETWEEN 0 AND 4"),
            (
                "a process outside of all colonies",
                "processes WHERE colony_name NOT IN (SELECT name FROM colonies)",
            ),
            ("an executor in no state", "executors WHERE state NOT BETWEEN 0 AND 3"),
            (
                "an argument for nothing",
                "packed_arguments WHERE generator_id NOT IN (SELECT id FROM generators)",
            ),
            (
                "a channel that outlives its process",
                "channels WHERE process_id NOT IN (SELECT id FROM processes WHERE state < 2)",
            ),
            (
                "JSON that is none",
                "processes WHERE json_valid(spec) + json_valid(input) + json_valid(output)
                + json_valid(errors) + json_valid(parents) + json_valid(children) < 6",
            ),
        ] {
            let count: i64 =
                db.query_row(&format!("SELECT count(*) FROM {wrong}"), [], |row| row.get(0)).unwrap();
            assert_eq!(count, 0, "{what}");
        }
    }
}

fn with_type(msgtype: &str, mut fields: Value) -> Value {
    fields["msgtype"] = json!(msgtype);
    fields
}
