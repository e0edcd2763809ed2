//! How the store finds rows: by an index, however many others there are. Times are not measured in tests, but
//! plans can be looked at.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use serde_json::json;

use super::fuzz::world::{World, send};
use crate::devkeys::EXECUTOR_ID;

/// Tables that grow with the work that is done.
const GROWING: [&str; 8] =
    ["processes", "attributes", "graphs", "logs", "files", "packed_arguments", "channels", "channel_entries"];

/// Messages that are sent over and over while work is done, and so may cost no more with more of it.
const HOT: [&str; 20] = [
    "submitfuncspecmsg",
    "assignprocessmsg",
    "getprocessmsg",
    "getprocessesmsg",
    "closesuccessfulmsg",
    "closefailedmsg",
    "setoutputmsg",
    "cancelprocessmsg",
    "removeprocessmsg",
    "addattributemsg",
    "getattributemsg",
    "submitworkflowspecmsg",
    "addchildmsg",
    "getprocessgraphmsg",
    "addlogmsg",
    "getlogsmsg",
    "packgeneratormsg",
    "channelappendmsg",
    "channelreadmsg",
    "addfilemsg",
];

/// What happens, and all statements that it takes.
fn statements(world: &World, happens: impl FnOnce(&World)) -> BTreeSet<String> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&seen);
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            noted.lock().unwrap().insert(statement.sql().to_string());
        }
    };
    world.core.lock().db.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).unwrap();
    happens(world);
    world.core.lock().db.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>).unwrap();
    seen.lock().unwrap().clone()
}

/// Steps of the plan of a statement that look at all rows of a growing table, or put rows in order by hand.
fn slow_steps(db: &Connection, statement: &str) -> Vec<String> {
    let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    // Its parameters are null: they have no say in the plan.
    let steps = plan.raw_query().mapped(|row| row.get::<_, String>("detail")).collect::<Result<Vec<_>, _>>();
    let steps = steps.unwrap();
    // "SCAN processes", "SEARCH processes USING INDEX ...".
    let table =
        |step: &String| step.split(' ').nth(1).filter(|table| GROWING.contains(table)).map(str::to_owned);
    let is_large = steps.iter().any(|step| table(step).is_some());
    let is_slow = |step: &String| {
        (step.starts_with("SCAN ") && table(step).is_some())
            || (is_large && step.contains("TEMP B-TREE FOR ORDER BY"))
    };
    steps.into_iter().filter(is_slow).collect()
}

fn check(what: &str, seen: BTreeSet<String>) {
    let db = World::new().core;
    let db = &db.lock().db;
    let is_query = |statement: &String| {
        ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| statement.trim_start().starts_with(verb))
    };
    for statement in seen.into_iter().filter(is_query) {
        let slow = slow_steps(db, &statement);
        assert!(slow.is_empty(), "{what}: {slow:?} in {statement}");
    }
}

#[test]
fn messages_of_every_day_find_rows_by_an_index() {
    for msgtype in HOT {
        let world = World::new();
        let examples = world.examples();
        let (caller, message) = examples.iter().find(|(_, message)| message["msgtype"] == msgtype).unwrap();
        let seen = statements(&world, |world| {
            send(&world.core, caller, message).unwrap();
        });
        assert!(!seen.is_empty());
        check(msgtype, seen);
    }
}

#[test]
fn every_listing_of_processes_is_in_the_order_of_an_index() {
    for state in 0..5 {
        let world = World::new();
        let message = json!({"msgtype": "getprocessesmsg", "colonyname": "dev", "count": 10, "state": state});
        let seen = statements(&world, |world| {
            send(&world.core, EXECUTOR_ID, &message).unwrap();
        });
        check("getprocessesmsg", seen);
    }
}

#[test]
fn a_tick_finds_what_is_due_by_an_index() {
    let world = World::new();
    check("a tick", statements(&world, |world| world.core.tick()));
    check("a minute", statements(&world, |world| world.core.advance(Duration::from_secs(200), true)));
}
