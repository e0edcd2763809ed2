//! What a server does not take on.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use colonies_devserver::{Config, Limits, Server};
use colonies_proto::{Reply, seal};
use common::{Caller, assign, reply};
use serde_json::{Value, json};

fn start(limits: Limits) -> Server {
    Server::start(Config { limits, ..Config::default() }).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Sends some bytes, and reads until the connection is closed.
fn exchange(mut stream: TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset is closed, too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Asks for the server's health, and keeps the connection.
fn healthy(stream: &mut TcpStream) {
    stream.write_all(HEALTH).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let server = start(Limits { body: 1000, ..Limits::default() });
    let key = colonies_crypto::PrivateKey::generate();
    let answer = reply(Caller::executor(&server).post(&seal("getcoloniesmsg", &[b' '; 2000], &key)));
    assert!(matches!(answer, Reply::Refused { status: 413, .. }), "{answer:?}");
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let server = start(Limits { body_time: Duration::from_millis(50), ..Limits::default() });
    let answer =
        exchange(connect(&server), b"POST /api HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn a_head_that_does_not_come_is_given_up() {
    let server = start(Limits { head_time: Duration::from_millis(50), ..Limits::default() });
    assert_eq!(exchange(connect(&server), b""), "");
    assert_eq!(exchange(connect(&server), b"GET /health HTT"), "");
}

#[test]
fn a_connection_lasts_as_long_as_each_of_its_requests_is_in_time() {
    let server = start(Limits { head_time: Duration::from_secs(2), ..Limits::default() });
    let mut stream = connect(&server);
    for _ in 0..5 {
        healthy(&mut stream);
        // As a client that has nothing to say for a while.
        std::thread::sleep(Duration::from_millis(600));
    }
}

#[test]
fn a_long_poll_outlasts_the_limits_on_heads_and_silence() {
    let short = Duration::from_secs(2);
    let server = start(Limits { head_time: short, body_time: short, idle_time: short, ..Limits::default() });
    let answer = Caller::executor(&server).call(&assign(4));
    assert!(matches!(answer, Reply::Refused { status: 404, .. }), "{answer:?}");
}

#[test]
fn a_connection_without_requests_is_closed() {
    let server = start(Limits { idle_time: Duration::from_secs(2), ..Limits::default() });
    let answer = exchange(connect(&server), HEALTH);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn connections_beyond_the_limit_are_told_so_until_others_end() {
    let server = start(Limits { connections: 2, ..Limits::default() });
    let (mut first, mut second) = (connect(&server), connect(&server));
    healthy(&mut first);
    healthy(&mut second);
    let answer = exchange(connect(&server), HEALTH);
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let refusal = Reply::from_body(body.as_bytes()).unwrap();
    let Reply::Refused { status: 503, message } = refusal else { panic!("{refusal:?}") };
    assert!(message.contains("2 connections"), "{message}");
    drop(first);
    // The server needs a moment to see it; it says so until then.
    while exchange(connect(&server), b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .starts_with("HTTP/1.1 503 ")
    {}
    healthy(&mut second);
}

#[test]
fn a_websocket_is_a_connection_for_as_long_as_it_lasts() {
    let server = start(Limits { connections: 1, ..Limits::default() });
    let mut socket = connect(&server);
    let upgrade = b"GET /pubsub HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";
    socket.write_all(upgrade).unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    assert!(exchange(connect(&server), HEALTH).starts_with("HTTP/1.1 503 "));
    drop(socket);
    while exchange(connect(&server), b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .starts_with("HTTP/1.1 503 ")
    {}
}

type Socket = tungstenite::WebSocket<TcpStream>;

fn socket(server: &Server) -> Socket {
    let url = format!("ws://{}/pubsub", server.address());
    tungstenite::client(url, connect(server)).unwrap().0
}

/// Subscribes to what has happened already, so that the first message is the answer.
fn subscribe(socket: &mut Socket, process: &Value) -> Reply {
    let message = json!({
        "msgtype": "subscribeprocessmsg", "processid": process["processid"], "state": 0, "timeout": 100,
    });
    let key = colonies_crypto::PrivateKey::generate();
    let body = seal("subscribeprocessmsg", message.to_string().as_bytes(), &key);
    socket.send(tungstenite::Message::text(String::from_utf8(body).unwrap())).unwrap();
    Reply::from_body(&socket.read().unwrap().into_data()).unwrap()
}

fn is_refused(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused { status: 503, message } if message.contains("2 subscriptions"))
}

#[test]
fn subscriptions_beyond_the_limit_of_a_connection_are_refused() {
    let server = start(Limits { subscriptions_per_connection: 2, ..Limits::default() });
    let process = Caller::executor(&server).submit(&json!({}));
    let (mut first, mut second) = (socket(&server), socket(&server));
    for _ in 0..2 {
        assert!(matches!(subscribe(&mut first, &process), Reply::Done { .. }));
    }
    assert!(is_refused(&subscribe(&mut first, &process)));
    assert!(matches!(subscribe(&mut second, &process), Reply::Done { .. }));
}

#[test]
fn subscriptions_beyond_the_limit_are_refused_until_others_end() {
    let server = start(Limits { subscriptions: 2, ..Limits::default() });
    let process = Caller::executor(&server).submit(&json!({}));
    let (mut first, mut second) = (socket(&server), socket(&server));
    for _ in 0..2 {
        assert!(matches!(subscribe(&mut first, &process), Reply::Done { .. }));
    }
    assert!(is_refused(&subscribe(&mut second, &process)));
    drop(first);
    // The server needs a moment to see that it is gone.
    while is_refused(&subscribe(&mut second, &process)) {}
}

#[test]
fn counts_are_there_for_prometheus() {
    let server = start(Limits::default());
    let executor = Caller::executor(&server);
    executor.submit(&json!({}));
    let answer =
        exchange(connect(&server), b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    for line in [
        "# TYPE colonies_server_processes_waiting gauge\ncolonies_server_processes_waiting 1\n",
        "\ncolonies_server_colonies 1\n",
        "\ncolonies_server_executors 1\n",
        "\ncolonies_server_processes_running 0\n",
        "\ncolonies_server_workflows_failed 0\n",
        "\ncolonies_devserver_waiting_assigns 0\n",
        "\ncolonies_devserver_subscriptions 0\n",
    ] {
        assert!(answer.contains(line), "{line} is not in {answer}");
    }
}
