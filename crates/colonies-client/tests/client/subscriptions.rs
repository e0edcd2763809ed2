//! The subscription socket.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use colonies_client::{Error, Event, Interrupt, NoInterrupt, Phase, Settings};
use colonies_crypto::PrivateKey;
use colonies_proto::Request;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket};

use crate::server::{Server, done, http, refused};
use crate::under_test::{Client, Subscription};

const SUBSCRIBE: &str = "subscribeprocessmsg";
const LONG: Duration = Duration::from_secs(60);

/// Serves each connection as a websocket.
fn server(
    serve: impl Fn(&mut WebSocket<TcpStream>) -> tungstenite::Result<()> + Send + Sync + 'static,
) -> Server {
    Server::start(move |peer| {
        let mut socket = tungstenite::accept(peer.stream).map_err(io::Error::other)?;
        serve(&mut socket).map_err(io::Error::other)
    })
}

fn text(body: Vec<u8>) -> Message {
    Message::Text(String::from_utf8(body).unwrap().into())
}

fn subscribe(server: &Server) -> Subscription {
    let mut subscription = server.client().subscribe(&NoInterrupt).unwrap();
    subscription.send(SUBSCRIBE, b"{}", None).unwrap();
    subscription
}

fn next(subscription: &mut Subscription) -> Result<Event, Error> {
    subscription.next(LONG, &NoInterrupt)
}

/// Reads until the client is gone.
fn drain(socket: &mut WebSocket<TcpStream>) -> tungstenite::Result<()> {
    loop {
        socket.read()?;
    }
}

#[test]
fn messages_arrive_signed_and_payloads_come_back() {
    let (tell, hear) = mpsc::channel();
    let server = server(move |socket| {
        tell.send(socket.read()?).unwrap();
        socket.send(text(done("1")))?;
        socket.send(Message::Binary(done("2").into()))?;
        drain(socket)
    });
    let key = PrivateKey::generate();
    let mut subscription = server.client().subscribe(&NoInterrupt).unwrap();
    subscription.send(SUBSCRIBE, br#"{"state":1}"#, Some(&key)).unwrap();

    let Message::Text(envelope) = hear.recv().unwrap() else { panic!("not a text message") };
    let request = Request::from_body(envelope.as_bytes()).unwrap();
    assert_eq!((request.payloadtype.as_str(), request.message()), (SUBSCRIBE, br#"{"state":1}"#.to_vec()));
    assert_eq!(request.signer().unwrap(), key.identity());
    assert_eq!(next(&mut subscription).unwrap(), Event::Message(b"1".to_vec()));
    assert_eq!(next(&mut subscription).unwrap(), Event::Message(b"2".to_vec()));
}

#[test]
fn a_refusal_leaves_the_subscription_usable() {
    let server = server(|socket| {
        socket.read()?;
        socket.send(text(refused(403, "Invalid process")))?;
        socket.read()?;
        socket.send(text(done("1")))?;
        drain(socket)
    });
    let mut subscription = subscribe(&server);
    match next(&mut subscription).unwrap_err() {
        Error::Refused { status: 403, msgtype, message, .. } => {
            assert_eq!((msgtype.as_str(), message.as_str()), (SUBSCRIBE, "Invalid process"));
        }
        other => panic!("{other:?}"),
    }
    subscription.send(SUBSCRIBE, b"{}", None).unwrap();
    assert_eq!(next(&mut subscription).unwrap(), Event::Message(b"1".to_vec()));
}

#[test]
fn the_servers_end_is_an_event_with_and_without_a_goodbye() {
    let goodbye = || Some(CloseFrame { code: CloseCode::Normal, reason: "over".into() });
    for server in [
        server(|socket| socket.read().map(drop)),
        server(move |socket| {
            socket.read()?;
            socket.close(goodbye())?;
            drain(socket)
        }),
        // Closing with something unread resets the connection.
        server(|_| Ok(())),
    ] {
        let mut subscription = subscribe(&server);
        assert_eq!(next(&mut subscription).unwrap(), Event::Closed);
        assert_eq!(next(&mut subscription).unwrap(), Event::Closed);
        let sent = subscription.send(SUBSCRIBE, b"{}", None);
        assert!(matches!(sent, Err(Error::Disconnected { .. })), "{sent:?}");
    }
}

#[test]
fn a_wait_that_brings_nothing_times_out_and_loses_nothing() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let server = Server::start(move |peer| {
        let mut socket = tungstenite::accept(peer.stream).map_err(io::Error::other)?;
        socket.read().map_err(io::Error::other)?;
        // A frame that comes in two pieces, with the client's timeout in between.
        let body = done("1");
        let mut frame = vec![0x81, u8::try_from(body.len()).unwrap()];
        frame.extend_from_slice(&body);
        let (first, second) = frame.split_at(20);
        socket.get_mut().write_all(first)?;
        wait.lock().unwrap().recv().unwrap();
        socket.get_mut().write_all(second)?;
        drain(&mut socket).map_err(io::Error::other)
    });
    let mut subscription = subscribe(&server);
    for wait in [Duration::from_millis(150), Duration::from_millis(10), Duration::ZERO] {
        assert_eq!(subscription.next(wait, &NoInterrupt).unwrap(), Event::TimedOut);
    }
    go.send(()).unwrap();
    assert_eq!(next(&mut subscription).unwrap(), Event::Message(b"1".to_vec()));
}

struct AtOnce;

impl Interrupt for AtOnce {
    fn interrupted(&self) -> bool {
        true
    }
}

#[test]
fn a_wait_is_interrupted_and_can_be_taken_up_again() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let server = server(move |socket| {
        socket.read()?;
        wait.lock().unwrap().recv().unwrap();
        socket.send(text(done("1")))?;
        drain(socket)
    });
    let mut subscription = subscribe(&server);
    assert!(matches!(subscription.next(LONG, &AtOnce), Err(Error::Interrupted { .. })));
    go.send(()).unwrap();
    assert_eq!(next(&mut subscription).unwrap(), Event::Message(b"1".to_vec()));
}

#[test]
fn a_ping_is_answered_while_waiting() {
    let server = server(|socket| {
        socket.read()?;
        socket.send(Message::Ping("are you there".into()))?;
        let Message::Pong(answer) = socket.read()? else { panic!("no pong") };
        socket.send(text(done(&format!("{:?}", str::from_utf8(&answer).unwrap()))))?;
        drain(socket)
    });
    assert_eq!(next(&mut subscribe(&server)).unwrap(), Event::Message(br#""are you there""#.to_vec()));
}

#[test]
fn what_is_no_reply_is_shown() {
    let garbage = || Message::Text("hello".into());
    let server = server(move |socket| {
        socket.read()?;
        socket.send(garbage())?;
        drain(socket)
    });
    match next(&mut subscribe(&server)).unwrap_err() {
        Error::Protocol { excerpt, .. } => assert_eq!(excerpt, "hello"),
        other => panic!("{other:?}"),
    }
}

/// Sends these bytes instead of an answer, then others as long as the client takes them.
fn fault_of_frames(first: &[u8], then: &[u8]) -> Error {
    let (first, then) = (first.to_vec(), then.to_vec());
    let server = Server::start(move |peer| {
        let mut socket = tungstenite::accept(peer.stream).map_err(io::Error::other)?;
        socket.read().map_err(io::Error::other)?;
        socket.get_mut().write_all(&first)?;
        loop {
            socket.get_mut().write_all(&then)?;
        }
    });
    let client = Client::new(Settings { max_reply_bytes: 100_000, ..server.settings() }).unwrap();
    let mut subscription = client.subscribe(&NoInterrupt).unwrap();
    subscription.send(SUBSCRIBE, b"{}", None).unwrap();
    next(&mut subscription).unwrap_err()
}

#[test]
fn broken_and_oversized_frames_are_faults_of_the_server() {
    let unknown_kind = [0x8F, 0x00];
    let four_gib = [0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0];
    let not_utf8 = [0x81, 1, 0xFF];
    for frame in [&unknown_kind[..], &four_gib, &not_utf8] {
        let fault = fault_of_frames(frame, b"x");
        assert!(matches!(fault, Error::Protocol { .. }), "{frame:?}: {fault:?}");
    }
}

#[test]
fn a_message_of_fragments_without_end_is_cut_off() {
    let fragment = |first_byte: u8| [&[first_byte, 126, 0x03, 0xE8][..], &[b'x'; 1000]].concat();
    let fault = fault_of_frames(&fragment(0x01), &fragment(0x00));
    assert!(matches!(fault, Error::Protocol { .. }), "{fault:?}");
}

#[test]
fn a_server_without_subscriptions_is_told() {
    let server = Server::answering_get(http(404, "404 page not found"));
    match server.client().subscribe(&NoInterrupt).unwrap_err() {
        Error::Protocol { status: Some(404), excerpt, .. } => assert_eq!(excerpt, "404 page not found"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_handshake_that_is_cut_or_never_ends_is_told() {
    let server = Server::answering_get("HTTP/1.1 101 Switching");
    let fault = server.client().subscribe(&NoInterrupt).unwrap_err();
    assert!(matches!(fault, Error::Disconnected { .. }), "{fault:?}");

    let server = Server::start(|mut peer| peer.stay_silent());
    assert!(matches!(server.client().subscribe(&AtOnce), Err(Error::Interrupted { .. })));
    let client = Client::new(Settings { timeout: Duration::from_secs(2), ..server.settings() }).unwrap();
    let fault = client.subscribe(&NoInterrupt).unwrap_err();
    assert!(matches!(fault, Error::Timeout { phase: Phase::Reply, sent: false, .. }), "{fault:?}");
}

#[test]
fn closing_says_goodbye() {
    let (tell, hear) = mpsc::channel();
    let server = server(move |socket| {
        socket.read()?;
        tell.send(socket.read()?).unwrap();
        Ok(())
    });
    subscribe(&server).close();
    assert_eq!(hear.recv_timeout(LONG).unwrap(), Message::Close(None));
}
