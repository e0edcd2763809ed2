//! Every wait ends soon after the hook says so.

use std::io::Write;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use colonies_client::{Error, Interrupt, Phase, Settings, Tls};

use crate::server::{READ, Server, WRITE, call, call_under, done, http};
use crate::under_test::Client;

/// Interrupts the first time it is asked.
struct AtOnce;

impl Interrupt for AtOnce {
    fn interrupted(&self) -> bool {
        true
    }
}

/// Lets the call go on, and counts how often it was asked.
#[derive(Default)]
struct Count(AtomicUsize);

impl Interrupt for Count {
    fn interrupted(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        false
    }
}

fn silent_server() -> Server {
    Server::start(|mut peer| {
        peer.read_request()?;
        peer.stay_silent()
    })
}

#[test]
fn a_wait_for_a_reply_is_interrupted() {
    let server = silent_server();
    let fault = call_under(&server.client(), WRITE, &AtOnce).unwrap_err();
    assert!(matches!(fault, Error::Interrupted { sent: true, .. }), "{fault:?}");
    assert!(fault.may_have_been_processed() && !fault.is_transient());
    assert_eq!(server.requests(), 1);
}

#[test]
fn an_interrupted_read_is_not_sent_again() {
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&http(200, done("null")))?;
        peer.read_request()?;
        peer.stay_silent()
    });
    let client = server.client();
    call(&client, READ).unwrap();
    assert!(matches!(call_under(&client, READ, &AtOnce), Err(Error::Interrupted { .. })));
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_trickling_reply_is_interrupted_although_every_read_brings_something() {
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
        loop {
            peer.stream.write_all(b"x")?;
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let fault = call_under(&server.client(), READ, &AtOnce).unwrap_err();
    assert!(matches!(fault, Error::Interrupted { .. }), "{fault:?}");
}

#[test]
fn a_server_that_reads_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings::new("127.0.0.1", listener.local_addr().unwrap().port(), Tls::Off);
    let message = vec![b' '; 30_000_000];
    let fault = Client::new(settings).unwrap().call(WRITE, &message, None, None, &AtOnce).unwrap_err();
    assert!(matches!(fault, Error::Interrupted { sent: false, .. }), "{fault:?}");
}

#[test]
fn a_tls_handshake_is_interrupted() {
    // The operating system opens connections, but the server never accepts them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings::new("127.0.0.1", listener.local_addr().unwrap().port(), Tls::SkipVerify);
    let client = Client::new(settings).unwrap();
    assert!(matches!(call_under(&client, WRITE, &AtOnce), Err(Error::Interrupted { sent: false, .. })));
    assert!(matches!(client.subscribe(&AtOnce), Err(Error::Interrupted { sent: false, .. })));
}

#[test]
fn a_tls_handshake_ends_at_the_connect_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let limit = Duration::from_secs(2);
    let settings = Settings {
        connect_timeout: limit,
        ..Settings::new("127.0.0.1", listener.local_addr().unwrap().port(), Tls::SkipVerify)
    };
    let fault = call(&Client::new(settings).unwrap(), WRITE).unwrap_err();
    assert!(
        matches!(fault, Error::Timeout { phase: Phase::Tls, limit: told, sent: false, .. } if told == limit),
        "{fault:?}"
    );
}

/// A listener with a full backlog that accepts no connection, so that further connects get no answer.
#[cfg(target_os = "linux")]
fn unanswering() -> (socket2::Socket, Vec<std::net::TcpStream>, u16) {
    use std::net::{SocketAddr, TcpStream};

    use socket2::{Domain, Socket, Type};

    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut filling = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
        filling.push(stream);
    }
    (listener, filling, address.port())
}

#[cfg(target_os = "linux")]
#[test]
fn a_connect_that_nobody_answers_is_interrupted() {
    let (_listener, _filling, port) = unanswering();
    let client = Client::new(Settings::new("127.0.0.1", port, Tls::Off)).unwrap();
    assert!(matches!(call_under(&client, WRITE, &AtOnce), Err(Error::Interrupted { sent: false, .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn a_connect_that_nobody_answers_ends_at_the_connect_timeout() {
    let (_listener, _filling, port) = unanswering();
    let limit = Duration::from_millis(250);
    let settings = Settings { connect_timeout: limit, ..Settings::new("127.0.0.1", port, Tls::Off) };
    let fault = call(&Client::new(settings).unwrap(), WRITE).unwrap_err();
    assert!(
        matches!(fault, Error::Timeout { phase: Phase::Connect, limit: told, sent: false, .. } if told == limit),
        "{fault:?}"
    );
    assert!(fault.to_string().contains("firewall"), "{fault}");
}

#[test]
fn the_hook_is_asked_while_a_call_waits_and_not_otherwise() {
    let quick = Server::answering(http(200, done("null")));
    let client = quick.client();
    call(&client, READ).unwrap(); // opens the connection
    // On a busy machine a call may wait for its turn, and is asked for then.
    let is_unasked = |_: i32| {
        let count = Count::default();
        call_under(&client, READ, &count).unwrap();
        count.0.load(Ordering::SeqCst) == 0
    };
    assert!((0..100).any(is_unasked));

    let (silent, count) = (silent_server(), Count::default());
    let limit = Some(Duration::from_secs(2));
    let fault = silent.client().call(READ, b"{}", None, limit, &count).unwrap_err();
    assert!(matches!(fault, Error::Timeout { .. }), "{fault:?}");
    assert!(count.0.load(Ordering::SeqCst) >= 1);
}

/// Makes its own call whenever it is asked, as a signal handler may.
struct Nested(Client);

impl Interrupt for Nested {
    fn interrupted(&self) -> bool {
        call(&self.0, READ).unwrap();
        false
    }
}

#[test]
fn a_hook_may_make_calls_itself() {
    let quick = Server::answering(http(200, done("null")));
    let silent = silent_server();
    let limit = Some(Duration::from_secs(2));
    let fault = silent.client().call(READ, b"{}", None, limit, &Nested(quick.client())).unwrap_err();
    assert!(matches!(fault, Error::Timeout { phase: Phase::Reply, .. }), "{fault:?}");
    assert!(quick.requests() >= 1);
}
