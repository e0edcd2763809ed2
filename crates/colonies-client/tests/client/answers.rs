//! What comes of the answers that a server can give.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use colonies_client::{Error, NoInterrupt, Phase, Settings, Tls};
use colonies_crypto::PrivateKey;
use socket2::{Domain, Socket, Type};

use crate::server::{READ, Server, WRITE, call, call_signed, done, http, refused};
use crate::under_test::Client;

/// The error of one call to a server that answers like this and then closes the connection.
fn fault(answer: impl Into<Vec<u8>>) -> Error {
    let server = Server::answering_once(answer);
    call(&server.client(), READ).unwrap_err()
}

fn protocol(fault: &Error) -> (Option<u16>, &str, &str) {
    match fault {
        Error::Protocol { status, what, excerpt, .. } => (*status, what, excerpt),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_payload_of_the_reply_comes_back_and_the_message_arrives_signed() {
    let (tell, hear) = mpsc::channel();
    let server = Server::start(move |mut peer| {
        while let Some(request) = peer.read_request()? {
            tell.send(request).unwrap();
            peer.stream.write_all(&http(200, done(r#"{"name":"dev"}"#)))?;
        }
        Ok(())
    });
    let (client, key) = (server.client(), PrivateKey::generate());

    assert_eq!(call_signed(&client, WRITE, &key).unwrap(), br#"{"name":"dev"}"#);

    let request = hear.recv().unwrap();
    assert_eq!(request.payloadtype, WRITE);
    assert_eq!(request.message(), format!(r#"{{"msgtype":"{WRITE}"}}"#).into_bytes());
    assert_eq!(request.signer().unwrap(), key.identity());
}

#[test]
fn long_messages_and_replies_pass() {
    let server = Server::start(|mut peer| {
        while let Some(request) = peer.read_request()? {
            peer.stream.write_all(&http(200, done(&String::from_utf8(request.message()).unwrap())))?;
        }
        Ok(())
    });
    let client = server.client();
    for length in [0, 10_000, 48_000, 49_000, 3_000_000] {
        let message = "x".repeat(length);
        let payload = client.call(WRITE, message.as_bytes(), None, None, &NoInterrupt).unwrap();
        assert!(payload == message.as_bytes(), "{length}");
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn chunked_replies_and_replies_that_end_with_the_connection_pass() {
    let body = String::from_utf8(done("null")).unwrap();
    let (first, second) = body.split_at(10);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        second.len()
    );
    let ended = format!("HTTP/1.0 200 OK\r\n\r\n{body}");
    for answer in [chunked, ended] {
        let server = Server::answering_once(answer);
        assert_eq!(call(&server.client(), READ).unwrap(), "null");
    }
}

#[test]
fn a_refusal_carries_the_servers_status_and_words() {
    let fault = fault(http(403, refused(403, "Access denied")));
    assert!(!fault.is_transient());
    assert!(!fault.may_have_been_processed());
    match fault {
        Error::Refused { status: 403, msgtype, message, .. } => {
            assert_eq!((msgtype.as_str(), message.as_str()), (READ, "Access denied"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn status_200_with_nothing_is_an_empty_reply() {
    let fault = fault(http(200, ""));
    assert!(matches!(fault, Error::EmptyReply { .. }), "{fault:?}");
    assert!(fault.to_string().contains("private key"));
}

#[test]
fn an_answer_that_is_no_envelope_is_shown() {
    let fault = fault(http(502, "<html>\r\n<h1>502 Bad Gateway</h1>\r\n</html>"));
    let (status, _, excerpt) = protocol(&fault);
    assert_eq!((status, excerpt), (Some(502), "<html> <h1>502 Bad Gateway</h1> </html>"));
    assert!(fault.is_transient());
    let text = fault.to_string();
    assert!(
        text.contains("HTTP status 502") && text.contains("Bad Gateway") && text.contains("proxy"),
        "{text}"
    );
}

#[test]
fn broken_envelopes_are_told_from_broken_payloads() {
    for (body, reason) in [
        (r#"{"payloadtype":"x","payload":"#, "not a reply envelope"),
        (r#"{"payloadtype":"x","payload":"%%","error":false}"#, "not base64"),
        (r#"{"payloadtype":"error","payload":"e30=","error":true}"#, "there was an error, but not which"),
        ("null", "not a reply envelope"),
    ] {
        let fault = fault(http(200, body));
        let (status, what, excerpt) = protocol(&fault);
        assert!(what.contains(reason), "{body}: {what}");
        assert_eq!((status, excerpt), (Some(200), body));
        assert!(fault.may_have_been_processed());
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let fault = fault("HTTP/1.1 307 Elsewhere\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(protocol(&fault).0, Some(307));
}

#[test]
fn what_is_not_http_is_shown() {
    let fault = fault("SSH-2.0-OpenSSH_9.9\r\nmore\r\n\r\n");
    let (status, _, excerpt) = protocol(&fault);
    assert_eq!((status, excerpt), (None, "SSH-2.0-OpenSSH_9.9 more"));
}

#[test]
fn broken_framing_is_told() {
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    ] {
        protocol(&fault(answer));
    }
}

#[test]
fn an_endless_head_is_cut_off() {
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            peer.stream.write_all(b"X-More: of the same\r\n")?;
        }
    });
    protocol(&call(&server.client(), READ).unwrap_err());
}

#[test]
fn a_reply_beyond_the_limit_is_not_read() {
    let endless = |head: &'static [u8], piece: &'static [u8]| {
        Server::start(move |mut peer| {
            peer.read_request()?;
            peer.stream.write_all(head)?;
            loop {
                peer.stream.write_all(piece)?;
            }
        })
    };
    for server in [
        Server::answering_once(http(200, "x".repeat(1001))),
        endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"xxxxxxxx"),
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8\r\nxxxxxxxx\r\n"),
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"xxxxxxxx"),
    ] {
        let client = Client::new(Settings { max_reply_bytes: 1000, ..server.settings() }).unwrap();
        let fault = call(&client, READ).unwrap_err();
        let (status, what, _) = protocol(&fault);
        assert_eq!((status, what), (Some(200), "the answer is longer than 1000 bytes"));
    }
}

#[test]
fn a_reply_of_just_the_limit_is_read() {
    let body = done("null");
    let server = Server::answering_once(http(200, &body));
    let settings = Settings { max_reply_bytes: body.len() as u64, ..server.settings() };
    assert_eq!(call(&Client::new(settings).unwrap(), READ).unwrap(), "null");
}

#[test]
fn a_connection_lost_on_the_way_is_told_with_what_it_may_mean() {
    let whole = http(200, done("null"));
    for length in [0, 5, 20, whole.len() - 1] {
        let server = Server::answering_once(&whole[..length]);
        let fault = call(&server.client(), WRITE).unwrap_err();
        assert!(matches!(fault, Error::Disconnected { sent: true, .. }), "{length}: {fault:?}");
        assert!(fault.may_have_been_processed() && fault.is_transient());
        let text = fault.to_string();
        assert!(text.contains("submitfuncspecmsg may have been processed"), "{text}");
        assert_eq!(server.requests(), 1);
    }
}

#[test]
fn a_connection_closed_before_the_message_was_read_is_lost() {
    let server = Server::start(|_| Ok(()));
    let fault = call(&server.client(), WRITE).unwrap_err();
    assert!(matches!(fault, Error::Disconnected { .. }), "{fault:?}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn silence_ends_at_the_deadline_of_the_call() {
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stay_silent()
    });
    let limit = Duration::from_secs(2);
    let fault = server.client().call(WRITE, b"{}", None, Some(limit), &NoInterrupt).unwrap_err();
    assert!(
        matches!(fault, Error::Timeout { phase: Phase::Reply, limit: told, sent: true, .. } if told == limit),
        "{fault:?}"
    );
    assert!(fault.to_string().contains("within 2s"), "{fault}");
}

#[test]
fn a_trickle_ends_at_the_deadline_too() {
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
        loop {
            peer.stream.write_all(b"x")?;
            thread::sleep(Duration::from_millis(50));
        }
    });
    let client = Client::new(Settings { timeout: Duration::from_secs(2), ..server.settings() }).unwrap();
    let fault = call(&client, READ).unwrap_err();
    assert!(matches!(fault, Error::Timeout { phase: Phase::Body, sent: true, .. }), "{fault:?}");
}

#[test]
fn a_server_that_reads_nothing_ends_at_the_deadline() {
    // The operating system opens connections, but the server never accepts them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings::new("127.0.0.1", listener.local_addr().unwrap().port(), Tls::Off);
    let message = vec![b' '; 30_000_000];
    let limit = Some(Duration::from_secs(3));
    let fault = Client::new(settings).unwrap().call(WRITE, &message, None, limit, &NoInterrupt).unwrap_err();
    assert!(matches!(fault, Error::Timeout { phase: Phase::Send, sent: false, .. }), "{fault:?}");
    assert!(!fault.may_have_been_processed());
}

#[test]
fn a_refused_connection_is_reported_with_the_remedy() {
    // The port is bound, so that no other test gets it, but no server listens on it.
    let taken = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    taken.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = taken.local_addr().unwrap().as_socket().unwrap().port();
    let client = Client::new(Settings::new("127.0.0.1", port, Tls::Off)).unwrap();
    let fault = call(&client, READ).unwrap_err();
    assert!(matches!(fault, Error::Connect { phase: Phase::Connect, .. }), "{fault:?}");
    assert!(fault.is_transient() && !fault.may_have_been_processed());
    let text = fault.to_string();
    assert!(text.contains(&format!("127.0.0.1:{port}")) && text.contains("`pycolonies dev`"), "{text}");
}

#[test]
fn an_unknown_name_is_told() {
    // RFC 6761: this name never exists, and resolvers know that without asking anybody.
    let settings = Settings::new("nowhere.invalid", 50080, Tls::Off);
    let fault = call(&Client::new(settings).unwrap(), READ).unwrap_err();
    assert!(
        matches!(
            fault,
            Error::Connect { phase: Phase::Lookup, .. } | Error::Timeout { phase: Phase::Lookup, .. }
        ),
        "{fault:?}"
    );
    assert!(fault.to_string().contains("check the host name"), "{fault}");
}
