//! Executors that wait, and how processes reach them.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use colonies_devserver::devkeys;
use colonies_proto::Reply;
use common::{Caller, assign, payload, reply, start};
use serde_json::json;

/// Waits until the server has taken an asker into the queue: its last-heard time has changed by then.
fn wait_until_heard(server: &colonies_devserver::Server, name: &str) {
    let caller = Caller::executor(server);
    let message =
        json!({"msgtype": "getexecutormsg", "colonyname": devkeys::COLONY_NAME, "executorname": name});
    let end = Instant::now() + Duration::from_secs(60);
    while caller.get(&message)["lastheardfromtime"].as_str().unwrap().starts_with("0001") {
        assert!(Instant::now() < end, "{name} has not been heard of");
    }
}

#[test]
fn a_process_is_handed_to_an_executor_that_waits() {
    let server = start();
    let executor = Caller::executor(&server);
    let waiting = executor.send(&assign(60));
    wait_until_heard(&server, devkeys::EXECUTOR_NAME);
    let submitted = executor.submit(&json!({}));
    let assigned = payload(reply(waiting));
    assert_eq!(assigned["processid"], submitted["processid"]);
    assert_eq!(assigned["state"], 1);
}

#[test]
fn a_process_passes_those_that_cannot_take_it() {
    let server = start();
    let (first, second) = (Caller::new_executor(&server, "a"), Caller::new_executor(&server, "b"));
    let first_waits = first.send(&assign(60));
    wait_until_heard(&server, "a");
    let second_waits = second.send(&assign(60));
    wait_until_heard(&server, "b");
    let for_second = first.submit(&json!({"conditions": {"executornames": ["b"]}}));
    assert_eq!(payload(reply(second_waits))["processid"], for_second["processid"]);
    let for_anybody = first.submit(&json!({}));
    assert_eq!(payload(reply(first_waits))["processid"], for_anybody["processid"]);
}

#[test]
fn those_that_wait_are_served_as_they_came() {
    let server = start();
    let names = ["a", "b", "c"];
    let waiting = names.map(|name| {
        let waiting = Caller::new_executor(&server, name).send(&assign(60));
        wait_until_heard(&server, name);
        waiting
    });
    let user = Caller::executor(&server);
    for waiting in waiting {
        let submitted = user.submit(&json!({}));
        assert_eq!(payload(reply(waiting))["processid"], submitted["processid"]);
    }
}

#[test]
fn a_process_is_not_lost_with_a_client_that_goes_away() {
    let server = start();
    let (gone, other) = (Caller::new_executor(&server, "gone"), Caller::new_executor(&server, "other"));
    let waiting = gone.send(&assign(60));
    wait_until_heard(&server, "gone");
    drop(waiting);
    let submitted = other.submit(&json!({}));
    assert_eq!(other.get(&assign(20))["processid"], submitted["processid"]);
}

#[test]
fn who_waits_in_vain_is_told_so_and_so_is_who_waits_when_the_server_stops() {
    let mut server = start();
    let executor = Caller::executor(&server);
    let refused = Reply::Refused { status: 404, message: "No process available for assignment".to_owned() };
    assert_eq!(executor.call(&assign(-1)), refused);
    assert_eq!(executor.call(&assign(1)), refused);
    let other = Caller::new_executor(&server, "other");
    let waiting = other.send(&assign(60));
    wait_until_heard(&server, "other");
    server.stop();
    assert_eq!(reply(waiting), refused);
    server.stop();
}

#[test]
fn resuming_wakes_those_that_wait_for_it() {
    let server = start();
    let owner = Caller::new(&server, devkeys::COLONY_PRVKEY);
    let executor = Caller::executor(&server);
    let named = |msgtype: &str| json!({"msgtype": msgtype, "colonyname": devkeys::COLONY_NAME});
    owner.get(&named("pauseassignmentsmsg"));
    let submitted = executor.submit(&json!({}));
    assert!(matches!(executor.call(&assign(-1)), Reply::Refused { status: 503, .. }));
    let waiting = executor.send(&assign(20));
    owner.get(&named("resumeassignmentsmsg"));
    assert_eq!(payload(reply(waiting))["processid"], submitted["processid"]);
}
