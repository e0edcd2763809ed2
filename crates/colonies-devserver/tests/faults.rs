//! Faults on demand, as a client meets them.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Read;
use std::time::{Duration, Instant};

use colonies_devserver::{Fault, devkeys};
use colonies_proto::Reply;
use common::{Caller, start};
use serde_json::{Value, json};

fn submit() -> Value {
    json!({"msgtype": "submitfuncspecmsg", "spec": {
        "funcname": "echo", "maxwaittime": -1, "maxexectime": -1,
        "conditions": {"colonyname": devkeys::COLONY_NAME, "executortype": devkeys::EXECUTOR_TYPE},
    }})
}

fn waiting(executor: &Caller) -> usize {
    let list = json!({
        "msgtype": "getprocessesmsg", "colonyname": devkeys::COLONY_NAME, "count": 10, "state": 0,
    });
    executor.get(&list).as_array().map_or(0, Vec::len)
}

/// All that comes back on a connection until it is closed.
fn answer(executor: &Caller, message: &Value) -> Vec<u8> {
    let mut answer = Vec::new();
    executor.send(message).read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn a_dropped_message_is_not_answered_and_not_carried_out() {
    let server = start();
    let executor = Caller::executor(&server);
    server.faults().add(Fault::Drop, Some("submitfuncspecmsg"), Some(1));
    assert_eq!(waiting(&executor), 0);
    assert!(answer(&executor, &submit()).is_empty());
    assert_eq!(waiting(&executor), 0);
    executor.get(&submit());
    assert_eq!(waiting(&executor), 1);
}

#[test]
fn a_dropped_answer_is_that_of_a_message_that_was_carried_out() {
    let server = start();
    let executor = Caller::executor(&server);
    server.faults().add(Fault::DropAnswer, None, Some(1));
    assert!(answer(&executor, &submit()).is_empty());
    assert_eq!(waiting(&executor), 1);
}

#[test]
fn an_error_is_the_answer_asked_for() {
    let server = start();
    let executor = Caller::executor(&server);
    let error = Fault::Error { status: 503, message: "come back later".to_owned() };
    server.faults().add(error, None, Some(1));
    let expected = Reply::Refused { status: 503, message: "come back later".to_owned() };
    assert_eq!(executor.call(&submit()), expected);
    assert_eq!(waiting(&executor), 0);
}

#[test]
fn a_delayed_message_is_carried_out_and_answered_later() {
    let server = start();
    let executor = Caller::executor(&server);
    let delay = Duration::from_millis(50);
    server.faults().add(Fault::Delay(delay), Some("submitfuncspecmsg"), Some(1));
    let begun = Instant::now();
    executor.get(&submit());
    assert!(begun.elapsed() >= delay);
    assert_eq!(waiting(&executor), 1);
}

#[test]
fn cleared_faults_do_not_happen() {
    let server = start();
    let executor = Caller::executor(&server);
    server.faults().add(Fault::Delay(Duration::from_secs(3600)), None, None);
    server.faults().add(Fault::Drop, None, None);
    server.faults().clear();
    executor.get(&submit());
    assert_eq!(waiting(&executor), 1);
}
