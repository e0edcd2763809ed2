//! Following channels over a websocket.

#![allow(clippy::unwrap_used)]

mod common;

use std::net::TcpStream;
use std::time::Duration;

use colonies_devserver::{Server, devkeys};
use colonies_proto::Reply;
use common::{Caller, assign, payload, start};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// The socket of a caller that follows channels.
struct Follower {
    caller: Caller,
    socket: WebSocket<TcpStream>,
}

impl Follower {
    fn new(server: &Server, caller: &Caller) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let url = format!("ws://{}/pubsub", server.address());
        Self { caller: caller.clone(), socket: tungstenite::client(url, stream).unwrap().0 }
    }

    fn send(&mut self, message: &Value) {
        let body = String::from_utf8(self.caller.seal(message)).unwrap();
        self.socket.send(Message::text(body)).unwrap();
    }

    fn next(&mut self) -> Reply {
        Reply::from_body(&self.socket.read().unwrap().into_data()).unwrap()
    }

    /// The payloads of the entries that come next.
    fn entries(&mut self) -> Vec<Value> {
        let entries = payload(self.next());
        entries.as_array().unwrap().iter().map(|entry| entry["payload"].clone()).collect()
    }
}

/// A process with a channel, held by the development executor, who submitted it, too.
fn running(server: &Server) -> (Caller, Value) {
    let executor = Caller::executor(server);
    let process = executor.submit(&json!({"channels": ["chat"]}));
    executor.get(&assign(-1));
    (executor, process)
}

fn append(caller: &Caller, process: &Value, bytes: &[u8]) {
    caller.get(&json!({
        "msgtype": "channelappendmsg", "processid": process["processid"], "name": "chat", "payload": bytes,
    }));
}

fn close(caller: &Caller, process: &Value) {
    caller.get(&json!({"msgtype": "closesuccessfulmsg", "processid": process["processid"], "out": []}));
}

fn subscription(process: &Value, timeout: i64) -> Value {
    json!({
        "msgtype": "subscribechannelmsg", "processid": process["processid"], "name": "chat", "timeout": timeout,
    })
}

fn not_found() -> Reply {
    Reply::Refused { status: 404, message: "Channel not found".to_owned() }
}

#[test]
fn what_was_appended_before_the_end_arrives_and_the_socket_serves_on() {
    let server = start();
    let (executor, process) = running(&server);
    append(&executor, &process, b"first");
    let mut follower = Follower::new(&server, &executor);
    follower.send(&subscription(&process, 60));
    assert_eq!(follower.entries(), ["Zmlyc3Q="]);
    append(&executor, &process, b"last");
    close(&executor, &process);
    follower.send(&subscription(&process, 60));
    assert_eq!(follower.entries(), ["bGFzdA=="]);
    assert_eq!(follower.next(), not_found());
}

#[test]
fn a_channel_of_a_cancelled_process_has_to_be_followed_anew() {
    let server = start();
    let (executor, process) = running(&server);
    append(&executor, &process, b"before");
    let mut follower = Follower::new(&server, &executor);
    follower.send(&subscription(&process, 60));
    assert_eq!(follower.entries(), ["YmVmb3Jl"]);
    executor.get(&json!({"msgtype": "cancelprocessmsg", "processid": process["processid"]}));
    append(&executor, &process, b"after");
    follower.send(&subscription(&process, 60));
    assert_eq!(follower.entries(), ["YWZ0ZXI="]);
}

#[test]
fn a_ping_is_answered_while_a_subscription_runs_and_a_message_waits() {
    let server = start();
    let (executor, process) = running(&server);
    append(&executor, &process, b"first");
    let mut follower = Follower::new(&server, &executor);
    follower.send(&subscription(&process, 2));
    assert_eq!(follower.entries(), ["Zmlyc3Q="]);
    follower.socket.send(Message::Ping(b"there?".as_slice().into())).unwrap();
    assert_eq!(follower.socket.read().unwrap(), Message::Pong(b"there?".as_slice().into()));
    follower.send(&subscription(&json!({"processid": "unknown"}), 60));
    append(&executor, &process, b"second");
    assert_eq!(follower.entries(), ["c2Vjb25k"]);
    assert_eq!(follower.entries(), [Value::Null; 0], "the end of the first subscription");
    assert_eq!(follower.next(), Reply::Refused { status: 404, message: "Process not found".to_owned() });
}

#[test]
fn bytes_are_answered_with_bytes() {
    let server = start();
    let (executor, process) = running(&server);
    append(&executor, &process, b"first");
    let mut follower = Follower::new(&server, &executor);
    follower.socket.send(Message::binary(executor.seal(&subscription(&process, 60)))).unwrap();
    assert!(follower.socket.read().unwrap().is_binary());
}

#[test]
fn a_payload_that_is_null_is_refused() {
    let server = start();
    let mut follower = Follower::new(&server, &Caller::executor(&server));
    let key = colonies_crypto::PrivateKey::from_hex(devkeys::EXECUTOR_PRVKEY).unwrap();
    let body = colonies_proto::seal("subscribechannelmsg", b"null", &key);
    follower.socket.send(Message::binary(body)).unwrap();
    assert!(matches!(follower.next(), Reply::Refused { status: 400, .. }));
}

#[test]
fn a_server_stops_while_somebody_follows() {
    let mut server = start();
    let (executor, process) = running(&server);
    append(&executor, &process, b"first");
    let mut follower = Follower::new(&server, &executor);
    follower.send(&subscription(&process, 3600));
    assert_eq!(follower.entries(), ["Zmlyc3Q="]);
    server.stop();
    while let Ok(message) = follower.socket.read() {
        assert!(message.is_close(), "{message:?}");
    }
}
