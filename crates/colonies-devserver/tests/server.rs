//! Starting, stopping, what is kept, and the clock.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, SystemTime};

use colonies_devserver::{Config, Server, StartError, devkeys};
use common::{Caller, Directory, assign, start, start_in};
use serde_json::json;

#[test]
fn an_address_in_use_is_named() {
    let server = start();
    let fault = Server::start(Config { bind: server.address(), ..Config::default() }).unwrap_err();
    assert!(matches!(fault, StartError::AddressInUse { address } if address == server.address()));
    assert!(fault.to_string().contains(&server.address().to_string()));
}

#[test]
fn the_address_is_free_once_the_server_has_stopped() {
    let mut server = start();
    let address = server.address();
    server.stop();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let directory = Directory::new();
    let file = directory.0.join("a file");
    std::fs::write(&file, "no database").unwrap();
    let fault = start_in(&file).unwrap_err();
    assert!(matches!(&fault, StartError::DataDirectory { directory, .. } if *directory == file), "{fault}");
    assert!(fault.to_string().contains(&file.display().to_string()));
}

#[test]
fn a_directory_is_used_by_one_server_at_a_time() {
    let directory = Directory::new();
    let first = start_in(&directory.0).unwrap();
    assert!(matches!(start_in(&directory.0), Err(StartError::DataDirectory { .. })));
    drop(first);
    start_in(&directory.0).unwrap();
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let directory = Directory::new();
    let server = start_in(&directory.0).unwrap();
    let submitted = Caller::executor(&server).submit(&json!({"args": ["kept"]}));
    drop(server);
    let server = start_in(&directory.0).unwrap();
    let executor = Caller::executor(&server);
    assert_eq!(executor.process(&submitted), submitted);
    assert_eq!(executor.get(&assign(-1))["processid"], submitted["processid"]);
}

/// The files as they are while the server runs are those that a killed server leaves behind.
#[test]
fn what_was_answered_outlives_a_server_that_is_killed() {
    let (directory, left) = (Directory::new(), Directory::new());
    let server = start_in(&directory.0).unwrap();
    let submitted = Caller::executor(&server).submit(&json!({}));
    for entry in std::fs::read_dir(&directory.0).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), left.0.join(entry.file_name())).unwrap();
    }
    let server = start_in(&left.0).unwrap();
    assert_eq!(Caller::executor(&server).process(&submitted), submitted);
}

#[test]
fn advancing_the_clock_runs_what_becomes_due() {
    let server = start();
    let executor = Caller::executor(&server);
    let held = executor.submit(&json!({"maxexectime": 3600, "maxretries": 1}));
    executor.get(&assign(-1));
    let waits = executor.submit(&json!({"maxwaittime": 3 * 3600}));
    server.advance(Duration::from_secs(3601));
    let retried = executor.process(&held);
    assert_eq!((&retried["state"], &retried["retries"]), (&json!(0), &json!(1)));
    executor.get(&assign(-1));
    server.advance(Duration::from_secs(3601));
    let failed = executor.process(&held);
    assert_eq!(failed["state"], 3);
    assert_eq!(failed["errors"], json!(["Maximum execution time limit exceeded"]));
    assert_eq!(executor.process(&waits)["state"], 0);
    server.advance(Duration::from_secs(3601));
    assert_eq!(executor.process(&waits)["errors"], json!(["Maximum waiting time limit exceeded"]));
}

#[test]
fn an_executor_that_fell_silent_is_removed() {
    let server = start();
    let owner = Caller::new(&server, devkeys::COLONY_PRVKEY);
    let executor = json!({
        "executorid": "1", "executorname": "silent", "executortype": "cli", "colonyname": devkeys::COLONY_NAME,
        "lastheardfromtime": "2020-01-01T00:00:00Z",
    });
    owner.get(&json!({"msgtype": "addexecutormsg", "executor": executor}));
    server.advance(Duration::from_secs(1));
    let named =
        json!({"msgtype": "getexecutormsg", "colonyname": devkeys::COLONY_NAME, "executorname": "silent"});
    assert_eq!(Caller::executor(&server).get(&named)["state"], 3);
}

#[test]
fn a_cron_runs_at_each_of_its_times() {
    let server = start();
    let executor = Caller::executor(&server);
    let node = json!({
        "nodename": "a", "funcname": "echo", "maxwaittime": -1, "maxexectime": -1,
        "conditions": {"colonyname": devkeys::COLONY_NAME, "executortype": devkeys::EXECUTOR_TYPE},
    });
    let workflow = json!({"colonyname": devkeys::COLONY_NAME, "functionspecs": [node]}).to_string();
    let cron = json!({
        "colonyname": devkeys::COLONY_NAME, "name": "hourly", "cronexpression": "@hourly", "interval": -1,
        "workflowspec": workflow,
    });
    // No hour begins by itself between the two messages.
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    if since_epoch.as_secs() % 3600 > 3300 {
        server.advance(Duration::from_secs(600));
    }
    executor.get(&json!({"msgtype": "addcronmsg", "cron": cron}));
    server.advance(Duration::from_secs(5 * 3600));
    let graphs = executor.get(&json!({
        "msgtype": "getprocessgraphsmsg", "colonyname": devkeys::COLONY_NAME, "count": 100, "state": 0,
    }));
    assert_eq!(graphs.as_array().unwrap().len(), 5);
}

#[test]
fn a_colony_can_be_named_by_its_id() {
    let server = start();
    let executor = Caller::executor(&server);
    let conditions = json!({"conditions": {"colonyname": devkeys::COLONY_ID}});
    let submitted = executor.submit(&conditions);
    assert_eq!(submitted["spec"]["conditions"]["colonyname"], devkeys::COLONY_NAME);
    assert_eq!(executor.get(&assign(-1))["processid"], submitted["processid"]);
}

#[test]
fn names_may_have_colons() {
    let server = start();
    let owner = Caller::new(&server, devkeys::COLONY_PRVKEY);
    Caller::new_executor(&server, "a:b");
    let user = json!({"colonyname": devkeys::COLONY_NAME, "userid": "1", "name": "c:d"});
    owner.get(&json!({"msgtype": "addusermsg", "user": user}));
    let list = |msgtype: &str| json!({"msgtype": msgtype, "colonyname": devkeys::COLONY_NAME});
    let executor = Caller::executor(&server);
    assert_eq!(executor.get(&list("getexecutorsmsg"))[1]["executorname"], "a:b");
    assert_eq!(executor.get(&list("getusersmsg"))[1]["name"], "c:d");
}

#[test]
fn a_stopped_server_leaves_all_of_its_data_in_one_file() {
    let directory = Directory::new();
    let mut server = start_in(&directory.0).unwrap();
    let submitted = Caller::executor(&server).submit(&json!({}));
    server.stop();
    // The log beside the database is gone, and so is the lock, although the server is still in scope.
    let left: Vec<_> =
        std::fs::read_dir(&directory.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["colonies.db"]);
    let next = start_in(&directory.0).unwrap();
    assert_eq!(Caller::executor(&next).process(&submitted)["state"], 0);
}
