//! Who may send which message: `signers.json` of the Python package, tried with everyone who could.
//!
//! That table is the source of all texts about keys, too. Its messages are in `tests/data/messages.json`.
//! There are two colonies with one of everything in each. A message about the first is sent by each of its members, by
//! those who are not members yet or no longer, by members of the other colony and by a stranger. A refused message
//! changes no row. Members of the other colony also send it with their own colony's name, beside ids of the first.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use rusqlite::types::Value as Cell;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fuzz::world::send;
use super::{Core, Outcome};
use crate::machine::{self, Settings};
use crate::store;

/// A message, as each caller sends it.
#[derive(Deserialize)]
struct Case {
    msgtype: String,
    /// With `$name` for what [`World::ids`] has under that name.
    fields: Value,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../../../tests/data/messages.json")).unwrap()
}

/// Those who may send the same messages.
#[derive(Deserialize)]
struct Signer {
    callers: BTreeSet<String>,
    messages: Vec<String>,
}

/// The callers that may send a message, by its type.
fn signers() -> BTreeMap<String, BTreeSet<String>> {
    let table = include_str!("../../../../../python/pycolonies/_rpc/signers.json");
    let mut signers = BTreeMap::new();
    for Signer { callers, messages } in serde_json::from_str::<Vec<Signer>>(table).unwrap() {
        for msgtype in messages {
            let twice = signers.insert(msgtype.clone(), callers.clone());
            assert!(twice.is_none(), "{msgtype} is in the table twice");
        }
    }
    signers
}

/// All senders of messages, by their relation to the first colony.
const CALLERS: [&str; 13] = [
    "server",
    "owner",
    "user",
    "executor",
    "colleague",
    "pending",
    "rejected",
    "removed executor",
    "removed user",
    "other owner",
    "other user",
    "other executor",
    "stranger",
];

const SERVER: u64 = 1;
const STRANGER: u64 = 2;

fn id(number: u64) -> String {
    format!("{number:064x}")
}

struct World {
    core: Core,
    callers: BTreeMap<&'static str, String>,
    /// Of the first colony.
    ids: BTreeMap<&'static str, String>,
    /// Of the second.
    other: BTreeMap<&'static str, String>,
}

impl World {
    fn new() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let settings = Settings { address, allow_reregister: true, realistic: None };
        let core = Core::new(store::open(None).unwrap(), settings, 10);
        core.set_up(&id(SERVER), None).unwrap();
        let (mut callers, ids) = colony(&core, "first", 0x100);
        let (others, other) = colony(&core, "second", 0x200);
        for (name, own) in [("other owner", "owner"), ("other user", "user"), ("other executor", "executor")]
        {
            callers.insert(name, others[own].clone());
        }
        callers.extend([("server", id(SERVER)), ("stranger", id(STRANGER))]);
        Self { core, callers, ids, other }
    }

    fn send(&self, caller: &str, case: &Case, ids: &BTreeMap<&str, String>) -> Outcome<Value> {
        let mut message = filled(&case.fields, ids);
        message["msgtype"] = Value::from(case.msgtype.as_str());
        if case.msgtype.starts_with("subscribe") {
            return self.subscribe(caller, case, &message);
        }
        // Who is refused by the signature alone is not refused here: these need none.
        let unsigned = ["versionmsg", "getserverinfomsg"].contains(&case.msgtype.as_str());
        send(&self.core, if unsigned { "" } else { &self.callers[caller] }, &message)
    }

    /// Returns null where the subscription is passed over.
    fn subscribe(&self, caller: &str, case: &Case, message: &Value) -> Outcome<Value> {
        let state = self.core.lock();
        let context = self.core.context(&state.db, &self.callers[caller]);
        let payload = message.to_string().into_bytes();
        if case.msgtype == "subscribechannelmsg" {
            let following = machine::follow(&context, &case.msgtype, &payload)?;
            return Ok(json!(String::from_utf8_lossy(&following.first.unwrap_or_default())));
        }
        let found = machine::subscribe(&context, &case.msgtype, &payload)?;
        Ok(found
            .map_or(Value::Null, |found| json!(String::from_utf8_lossy(&found.first.unwrap_or_default()))))
    }

    /// All rows of all tables, as text.
    fn rows(&self) -> BTreeSet<String> {
        let state = self.core.lock();
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'
                      UNION SELECT name FROM sqlite_temp_schema WHERE type = 'table'";
        let mut found = state.db.prepare(tables).unwrap();
        let names: Vec<String> =
            found.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let mut rows = BTreeSet::new();
        for name in names.iter().filter(|name| !name.starts_with("sqlite_")) {
            let mut statement = state.db.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let columns = statement.column_count();
            let mut found = statement.query([]).unwrap();
            while let Some(row) = found.next().unwrap() {
                let cells: Vec<Cell> = (0..columns).map(|column| row.get(column).unwrap()).collect();
                rows.insert(format!("{name} {cells:?}"));
            }
        }
        rows
    }
}

/// A message with ids for their names.
fn filled(value: &Value, ids: &BTreeMap<&str, String>) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for (name, id) in ids {
                text = text.replace(&format!("${name}$"), id);
                if text == format!("${name}") {
                    text.clone_from(id);
                }
            }
            Value::from(text)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, ids)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, ids))).collect()
        }
        other => other.clone(),
    }
}

type Ids = BTreeMap<&'static str, String>;

/// Makes a colony with everyone in it, and one of everything.
fn colony(core: &Core, name: &str, first: u64) -> (Ids, Ids) {
    let numbers =
        ["owner", "user", "executor", "colleague", "pending", "rejected", "removed executor", "removed user"];
    let callers: Ids = numbers.into_iter().zip(first..).map(|(name, number)| (name, id(number))).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let owner = |message: Value| send(core, &callers["owner"], &message).unwrap();
    let user = |message: Value| send(core, &callers["user"], &message).unwrap();
    let executor = |message: Value| send(core, &callers["executor"], &message).unwrap();

    let own = json!({"msgtype": "addcolonymsg", "colony": {"colonyid": callers["owner"], "name": name}});
    send(core, &id(SERVER), &own).unwrap();
    for (kind, username) in [("user", "u"), ("removed user", "gone")] {
        owner(
            json!({"msgtype": "addusermsg", "user": {"colonyname": name, "userid": callers[kind], "name": username}}),
        );
    }
    owner(json!({"msgtype": "removeusermsg", "colonyname": name, "name": "gone"}));
    for (kind, executorname, act) in [
        ("executor", "exec", Some("approveexecutormsg")),
        ("colleague", "colleague", Some("approveexecutormsg")),
        ("pending", "pending", None),
        ("rejected", "rejected", Some("rejectexecutormsg")),
        ("removed executor", "removed", Some("removeexecutormsg")),
    ] {
        owner(json!({"msgtype": "addexecutormsg", "executor": {
            "colonyname": name, "executorid": callers[kind], "executorname": executorname, "executortype": "t",
        }}));
        if let Some(act) = act {
            owner(json!({"msgtype": act, "colonyname": name, "executorname": executorname}));
        }
    }

    let conditions = json!({"colonyname": name, "executortype": "t"});
    let spec = |nodename: &str| {
        json!({
            "nodename": nodename, "funcname": "f", "args": [format!("secret of {name}")], "conditions": conditions,
            "maxexectime": 100, "maxretries": 1, "maxwaittime": -1, "channels": ["ch"],
        })
    };
    let assign = json!({"msgtype": "assignprocessmsg", "colonyname": name, "timeout": 1});
    let running = text(&user(json!({"msgtype": "submitfuncspecmsg", "spec": spec("")}))["processid"]);
    executor(assign.clone());
    let attribute =
        json!({"targetid": running, "key": "k", "value": format!("secret of {name}"), "attributetype": 1});
    let attribute = executor(json!({"msgtype": "addattributemsg", "attribute": attribute}));
    executor(
        json!({"msgtype": "channelappendmsg", "processid": running, "name": "ch", "sequence": 1, "payload": "eA=="}),
    );
    executor(json!({"msgtype": "addlogmsg", "processid": running, "message": format!("secret of {name}")}));
    let workflow = json!({"colonyname": name, "functionspecs": [spec("a")]});
    let graph = user(json!({"msgtype": "submitworkflowspecmsg", "spec": workflow}));
    let noderun = text(&executor(assign)["processid"]);
    let idle = user(json!({"msgtype": "submitworkflowspecmsg", "spec": workflow}));
    let waiting = text(&user(json!({"msgtype": "submitfuncspecmsg", "spec": spec("")}))["processid"]);
    let fun = json!({"colonyname": name, "executorname": "exec", "funcname": "f"});
    let fun = executor(json!({"msgtype": "addfunctionmsg", "fun": fun}));
    owner(
        json!({"msgtype": "addlocationmsg", "location": {"name": "loc", "colonyname": name, "long": 1, "lat": 2}}),
    );
    let planned = workflow.to_string();
    let cron = json!({"colonyname": name, "name": "c", "cronexpression": "0 0 1 1 1 *", "interval": -1, "workflowspec": planned});
    let cron = user(json!({"msgtype": "addcronmsg", "cron": cron}));
    let generator = json!({"colonyname": name, "name": "g", "trigger": 100, "workflowspec": planned});
    let generator = user(json!({"msgtype": "addgeneratormsg", "generator": generator}));
    let object = json!({"server": "s", "port": 1, "object": format!("secret of {name}"), "bucket": "b"});
    let file = json!({
        "colonyname": name, "label": "/l", "name": "n", "size": 1, "checksum": "c", "checksumalg": "SHA256",
        "ref": {"protocol": "s3", "s3object": object},
    });
    let file = user(json!({"msgtype": "addfilemsg", "file": file}));
    let snapshot =
        user(json!({"msgtype": "createsnapshotmsg", "colonyname": name, "label": "/l/", "name": "s"}));
    for (definition, kind) in [("d", "Kind"), ("unused", "Unused")] {
        owner(json!({"msgtype": "addblueprintdefinitionmsg", "blueprintdefinition": {
            "kind": "Def", "metadata": {"name": definition, "colonyname": name},
            "spec": {"group": "g", "version": "v1", "names": {"kind": kind, "plural": "kinds"}, "scope": "Namespaced",
                     "handler": {"executortype": "t", "functionname": "reconcile"}},
        }}));
    }
    let blueprint = user(json!({"msgtype": "addblueprintmsg", "blueprint": {
        "kind": "Kind", "metadata": {"name": "bp", "colonyname": name}, "handler": {"executortype": "t"}, "spec": {"x": 1},
    }}));
    let ids = BTreeMap::from([
        ("colony", name.to_owned()),
        ("user", callers["user"].clone()),
        ("executor", callers["executor"].clone()),
        ("running", running),
        ("noderun", noderun),
        ("waiting", waiting),
        ("graph", text(&graph["processgraphid"])),
        ("idlegraph", text(&idle["processgraphid"])),
        ("attr", text(&attribute["attributeid"])),
        ("fun", text(&fun["functionid"])),
        ("cron", text(&cron["cronid"])),
        ("gen", text(&generator["generatorid"])),
        ("file", text(&file["fileid"])),
        ("snap", text(&snapshot["snapshotid"])),
        ("bp", text(&blueprint["blueprintid"])),
    ]);
    (callers, ids)
}

/// The callers that may send a message. Each of them gets its own server; all others share one, which must not change.
fn allowed(case: &Case) -> BTreeSet<String> {
    let mut world = World::new();
    let mut before = world.rows();
    let mut allowed = BTreeSet::new();
    for caller in CALLERS {
        let answer = world.send(caller, case, &world.ids);
        // Some messages of strangers are answered with status 200 and nothing, as a Colonies server does.
        if answer.as_ref().is_ok_and(|answer| !answer.is_null()) {
            allowed.insert(caller.to_owned());
            world = World::new();
            before = world.rows();
        } else {
            let after = world.rows();
            let changed: Vec<_> = before.symmetric_difference(&after).collect();
            assert!(changed.is_empty(), "{} of {caller}: {answer:?} {changed:?}", case.msgtype);
        }
    }
    allowed
}

#[test]
fn everyone_may_do_what_the_table_says_and_nothing_else() {
    let (signers, mut wrong) = (signers(), Vec::new());
    for case in cases() {
        let (found, expected) = (allowed(&case), &signers[&case.msgtype]);
        if &found != expected {
            wrong.push(format!("{} {}: {found:?}, not {expected:?}", case.msgtype, case.fields));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_the_messages_of_the_server_and_each_is_tried() {
    let source = [
        include_str!("../../machine/dispatch.rs"),
        include_str!("../../machine/subscription.rs"),
        include_str!("../../http/pubsub.rs"),
    ];
    let known: BTreeSet<String> = source
        .iter()
        .flat_map(|text| text.split('"'))
        .filter(|text| {
            text.strip_suffix("msg").is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase()))
        })
        .map(str::to_owned)
        .collect();
    let tried: BTreeSet<String> = cases().into_iter().map(|case| case.msgtype).collect();
    assert_eq!(signers().into_keys().collect::<BTreeSet<_>>(), known);
    assert_eq!(tried, known);
}

/// What is of the first colony: its rows, without those that are of the second.
fn of_first(world: &World) -> BTreeSet<String> {
    let second: Vec<&String> = world.other.values().collect();
    world.rows().into_iter().filter(|row| !second.iter().any(|id| row.contains(id.as_str()))).collect()
}

#[test]
fn members_of_another_colony_get_at_nothing_by_naming_their_own() {
    for case in cases() {
        for caller in ["other owner", "other user", "other executor"] {
            let world = World::new();
            let mut ids = world.ids.clone();
            ids.insert("colony", world.other["colony"].clone());
            let before = of_first(&world);
            let Ok(answer) = world.send(caller, &case, &ids) else { continue };
            // Rows that were added to the caller's own colony are expected.
            let lost: Vec<_> = before.difference(&of_first(&world)).cloned().collect();
            assert!(lost.is_empty(), "{} of {caller}: {lost:?}", case.msgtype);
            assert!(!answer.to_string().contains("secret of first"), "{} of {caller}", case.msgtype);
        }
    }
}
