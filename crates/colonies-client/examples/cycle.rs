//! Submits, assigns and closes as fast as threads can: what an executor runtime is measured against.
//!
//! `cycle HOST PORT COLONY EXECUTOR_TYPE PRVKEY` reads lines of two numbers, threads and seconds, and answers
//! each with the processes that were closed and the seconds that it took, as JSON.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::io::stdin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use colonies_client::{Client, NoInterrupt, Settings, Tls};
use colonies_crypto::PrivateKey;

fn main() {
    let [_, host, port, colony, kind, prvkey] = env::args().collect::<Vec<_>>().try_into().unwrap();
    let executor = Executor {
        client: Client::new(Settings::new(host, port.parse().unwrap(), Tls::Off)).unwrap(),
        key: PrivateKey::from_hex(&prvkey).unwrap(),
        conditions: format!(r#"{{"colonyname":"{colony}","executortype":"{kind}"}}"#),
        submitted: AtomicUsize::new(0),
        assign: format!(r#"{{"msgtype":"assignprocessmsg","colonyname":"{colony}","timeout":10}}"#),
    };
    for line in stdin().lines() {
        let line = line.unwrap();
        let (threads, seconds) = line.split_once(' ').unwrap();
        let begun = Instant::now();
        let until = begun + Duration::from_secs_f64(seconds.parse().unwrap());
        let closed: usize = thread::scope(|scope| {
            let threads = 0..threads.parse::<usize>().unwrap();
            let all: Vec<_> = threads.map(|_| scope.spawn(|| executor.work(until))).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        println!(r#"{{"calls": {closed}, "seconds": {}}}"#, begun.elapsed().as_secs_f64());
    }
}

struct Executor {
    client: Client,
    key: PrivateKey,
    conditions: String,
    submitted: AtomicUsize,
    assign: String,
}

impl Executor {
    fn work(&self, until: Instant) -> usize {
        let mut closed = 0;
        while Instant::now() < until {
            self.call("submitfuncspecmsg", &self.submit());
            let process = self.call("assignprocessmsg", &self.assign);
            let id = process.split_once(r#""processid":""#).unwrap().1.split_once('"').unwrap().0;
            let close =
                format!(r#"{{"msgtype":"closesuccessfulmsg","processid":"{id}","out":["helloworld"]}}"#);
            self.call("closesuccessfulmsg", &close);
            closed += 1;
        }
        closed
    }

    /// No two are alike: signatures of equal messages are remembered.
    fn submit(&self) -> String {
        let (number, conditions) = (self.submitted.fetch_add(1, Ordering::Relaxed), &self.conditions);
        format!(
            r#"{{"msgtype":"submitfuncspecmsg","spec":{{"funcname":"echo","args":["helloworld {number}"],"maxexectime":100,"maxretries":3,"conditions":{conditions}}}}}"#
        )
    }

    fn call(&self, msgtype: &str, message: &str) -> String {
        let reply =
            self.client.call(msgtype, message.as_bytes(), Some(&self.key), None, &NoInterrupt).unwrap();
        String::from_utf8(reply).unwrap()
    }
}
