//! A caller of the development server, as small as it gets: one connection a call, nothing of the client.

#![allow(clippy::unwrap_used)]
// Each file of tests uses a part of this.
#![allow(dead_code, unused_imports)]

mod directory;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use colonies_crypto::PrivateKey;
use colonies_devserver::{Config, Server, devkeys};
use colonies_proto::{Reply, seal};
use serde_json::{Value, json};

pub(crate) use directory::{Directory, start_in};

/// A client of a server, with a key.
#[derive(Clone)]
pub(crate) struct Caller {
    address: SocketAddr,
    key: PrivateKey,
}

impl Caller {
    pub(crate) fn new(server: &Server, prvkey: &str) -> Self {
        Self { address: server.address(), key: PrivateKey::from_hex(prvkey).unwrap() }
    }

    /// The seeded executor of the development colony.
    pub(crate) fn executor(server: &Server) -> Self {
        Self::new(server, devkeys::EXECUTOR_PRVKEY)
    }

    /// A further executor of the development colony, approved.
    pub(crate) fn new_executor(server: &Server, name: &str) -> Self {
        let key = PrivateKey::generate();
        let owner = Self::new(server, devkeys::COLONY_PRVKEY);
        let executor = json!({
            "executorid": key.identity(), "executorname": name, "executortype": devkeys::EXECUTOR_TYPE,
            "colonyname": devkeys::COLONY_NAME,
        });
        owner.get(&json!({"msgtype": "addexecutormsg", "executor": executor}));
        owner.get(&json!({
            "msgtype": "approveexecutormsg", "colonyname": devkeys::COLONY_NAME, "executorname": name,
        }));
        Self { address: server.address(), key }
    }

    /// Sends a message and leaves the connection open, its answer unread.
    pub(crate) fn send(&self, message: &Value) -> TcpStream {
        self.post(&self.seal(message))
    }

    /// The envelope of a message.
    pub(crate) fn seal(&self, message: &Value) -> Vec<u8> {
        seal(message["msgtype"].as_str().unwrap(), message.to_string().as_bytes(), &self.key)
    }

    pub(crate) fn post(&self, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "POST /api HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        stream
    }

    pub(crate) fn call(&self, message: &Value) -> Reply {
        reply(self.send(message))
    }

    /// The payload of a call that has to succeed.
    pub(crate) fn get(&self, message: &Value) -> Value {
        match self.call(message) {
            Reply::Done { payload, .. } => serde_json::from_slice(&payload).unwrap(),
            Reply::Refused { status, message } => panic!("refused with {status}: {message}"),
        }
    }

    /// Submits a function spec for the development colony.
    pub(crate) fn submit(&self, fields: &Value) -> Value {
        let mut spec = json!({
            "funcname": "echo", "maxwaittime": -1, "maxexectime": -1, "maxretries": 0,
            "conditions": {"colonyname": devkeys::COLONY_NAME, "executortype": devkeys::EXECUTOR_TYPE},
        });
        for (name, value) in fields.as_object().unwrap() {
            match (&mut spec[name], value) {
                (Value::Object(old), Value::Object(new)) => old.extend(new.clone()),
                (old, new) => *old = new.clone(),
            }
        }
        self.get(&json!({"msgtype": "submitfuncspecmsg", "spec": spec}))
    }

    pub(crate) fn process(&self, submitted: &Value) -> Value {
        self.get(&json!({"msgtype": "getprocessmsg", "processid": submitted["processid"]}))
    }
}

/// Asks for a process, for so many seconds.
pub(crate) fn assign(timeout: i64) -> Value {
    json!({"msgtype": "assignprocessmsg", "colonyname": devkeys::COLONY_NAME, "timeout": timeout})
}

/// The answer on a connection.
pub(crate) fn reply(mut stream: TcpStream) -> Reply {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    Reply::from_body(&answer[body..]).unwrap()
}

pub(crate) fn payload(reply: Reply) -> Value {
    match reply {
        Reply::Done { payload, .. } => serde_json::from_slice(&payload).unwrap(),
        Reply::Refused { status, message } => panic!("refused with {status}: {message}"),
    }
}

pub(crate) fn start() -> Server {
    Server::start(Config::default()).unwrap()
}
