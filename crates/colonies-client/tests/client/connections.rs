//! Which connections are used again, and what is sent again when one of them is gone.

use std::io::Write;
use std::net::Shutdown;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;

use colonies_client::{Error, Settings};

use crate::server::{READ, Server, WRITE, call, done, http};
use crate::under_test::Client;

fn answer() -> Vec<u8> {
    http(200, done("null"))
}

#[test]
fn calls_one_after_the_other_share_a_connection() {
    let server = Server::answering(answer());
    let client = server.client();
    for msgtype in [READ, WRITE, READ, WRITE] {
        call(&client, msgtype).unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (1, 4));
}

#[test]
fn chunked_replies_keep_the_connection() {
    let body = String::from_utf8(done("null")).unwrap();
    let (first, second) = body.split_at(10);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        second.len()
    );
    let server = Server::answering(chunked);
    let client = server.client();
    for msgtype in [READ, WRITE, READ] {
        call(&client, msgtype).unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (1, 3));
}

#[test]
fn errors_of_the_server_keep_the_connection() {
    let server = Server::answering(http(404, crate::server::refused(404, "no such process")));
    let client = server.client();
    for _ in 0..3 {
        assert!(matches!(call(&client, READ), Err(Error::Refused { status: 404, .. })));
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_connection_that_the_server_announced_to_close_is_not_used_again() {
    let body = String::from_utf8(done("null")).unwrap();
    let server = Server::answering_once(format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let client = server.client();
    for _ in 0..3 {
        call(&client, WRITE).unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (3, 3));
}

#[test]
fn an_answer_that_came_together_with_another_one_is_no_answer_to_the_next_request() {
    let second = http(200, done(r#""of another request""#));
    for rest in [second, b"\r\n".to_vec(), b"x".to_vec()] {
        let server = Server::start(move |mut peer| {
            while peer.read_request()?.is_some() {
                peer.stream.write_all(&[answer(), rest.clone()].concat())?;
            }
            Ok(())
        });
        let client = server.client();
        for msgtype in [READ, WRITE, WRITE] {
            assert_eq!(call(&client, msgtype).unwrap(), "null");
        }
        assert_eq!((server.connections(), server.requests()), (3, 3));
    }
}

/// Answers one request on each connection and closes it; tells when that has happened.
fn closing_server() -> (Server, mpsc::Receiver<()>) {
    let (tell, closed) = mpsc::channel();
    let server = Server::start(move |mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&answer())?;
        peer.stream.shutdown(Shutdown::Both)?;
        tell.send(()).unwrap();
        Ok(())
    });
    (server, closed)
}

#[test]
fn a_connection_closed_while_idle_is_noticed_before_anything_is_sent() {
    let (server, closed) = closing_server();
    let client = server.client();
    for msgtype in [READ, WRITE, READ, WRITE] {
        call(&client, msgtype).unwrap();
        closed.recv().unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (4, 4));
}

#[test]
fn a_connection_on_which_the_server_spoke_unasked_is_not_used_again() {
    let (tell, spoken) = mpsc::channel();
    let server = Server::start(move |mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&answer())?;
        peer.stream.write_all(&http(408, "too late"))?;
        tell.send(()).unwrap();
        peer.stay_silent()
    });
    let client = server.client();
    call(&client, READ).unwrap();
    spoken.recv().unwrap();
    call(&client, WRITE).unwrap();
    assert_eq!(server.connections(), 2);
}

/// Answers the first request; reads the second on the same connection, and closes without an answer.
fn killing_server() -> Server {
    Server::start(|mut peer| {
        if peer.number > 0 {
            while peer.read_request()?.is_some() {
                peer.stream.write_all(&answer())?;
            }
            return Ok(());
        }
        peer.read_request()?;
        peer.stream.write_all(&answer())?;
        peer.read_request()?;
        Ok(())
    })
}

#[test]
fn a_write_whose_connection_ends_is_not_sent_again() {
    let server = killing_server();
    let client = server.client();
    call(&client, READ).unwrap();

    let fault = call(&client, WRITE).unwrap_err();
    assert!(matches!(fault, Error::Disconnected { sent: true, .. }), "{fault:?}");
    assert!(fault.may_have_been_processed());
    assert_eq!((server.connections(), server.requests()), (1, 2));

    // The next one has a fresh connection.
    call(&client, WRITE).unwrap();
    assert_eq!((server.connections(), server.requests()), (2, 3));
}

#[test]
fn a_read_whose_used_connection_ends_is_sent_again() {
    let server = killing_server();
    let client = server.client();
    call(&client, READ).unwrap();

    assert_eq!(call(&client, READ).unwrap(), "null");
    assert_eq!((server.connections(), server.requests()), (2, 3));
}

#[test]
fn a_read_whose_fresh_connection_ends_is_not_sent_again() {
    let server = Server::answering_once("");
    let fault = call(&server.client(), READ).unwrap_err();
    assert!(matches!(fault, Error::Disconnected { .. }), "{fault:?}");
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[test]
fn a_read_is_not_sent_again_once_an_answer_began() {
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&answer())?;
        peer.read_request()?;
        peer.stream.write_all(b"HTTP/1.1 200 OK\r\n")
    });
    let client = server.client();
    call(&client, READ).unwrap();
    assert!(matches!(call(&client, READ), Err(Error::Disconnected { .. })));
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_server_restart_costs_at_most_one_error() {
    const CONNECTIONS: usize = 4;
    // Every connection of the first "life" dies at its second request, however it is used.
    let server = Server::start(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&answer())?;
        while peer.read_request()?.is_some() && peer.number >= CONNECTIONS {
            peer.stream.write_all(&answer())?;
        }
        Ok(())
    });
    let client = fill_pool(&server, CONNECTIONS);
    let faults = (0..10).filter(|_| call(&client, WRITE).is_err()).count();
    assert_eq!(faults, 1);
}

/// A client with that many idle connections.
fn fill_pool(server: &Server, connections: usize) -> Client {
    let client = server.client();
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| call(&client, READ).unwrap());
        }
    });
    // Threads that came late may have taken the connection of one that was done.
    while server.connections() < connections {
        let open = server.connections();
        thread::scope(|scope| {
            for _ in 0..=open {
                scope.spawn(|| call(&client, READ));
            }
        });
    }
    client
}

#[test]
fn threads_share_a_client_and_open_no_more_connections_than_they_are() {
    const THREADS: usize = 16;
    let server = Server::answering(answer());
    let client = server.client();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for msgtype in [READ, WRITE].into_iter().cycle().take(20) {
                    assert_eq!(call(&client, msgtype).unwrap(), "null");
                }
            });
        }
    });
    assert_eq!(server.requests(), THREADS * 20);
    assert!(server.connections() <= THREADS, "{}", server.connections());
}

#[test]
fn a_waiting_call_keeps_nobody_else_waiting() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let server = Server::start(move |mut peer| {
        while let Some(request) = peer.read_request()? {
            if request.payloadtype == "assignprocessmsg" {
                wait.lock().unwrap().recv().unwrap();
            }
            peer.stream.write_all(&answer())?;
        }
        Ok(())
    });
    let client = server.client();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| call(&client, "assignprocessmsg"));
        server.await_requests(1);
        call(&client, WRITE).unwrap();
        go.send(()).unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(server.connections(), 2);
}

#[test]
fn no_more_connections_are_kept_than_wanted() {
    const THREADS: usize = 4;
    // All requests of a round are answered together, so that each has its own connection.
    let together = Arc::new(Barrier::new(THREADS));
    let server = Server::start(move |mut peer| {
        while peer.read_request()?.is_some() {
            together.wait();
            peer.stream.write_all(&answer())?;
        }
        Ok(())
    });
    let client = Client::new(Settings { idle_connections: 1, ..server.settings() }).unwrap();
    for opened in [4, 7] {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| call(&client, READ).unwrap());
            }
        });
        assert_eq!(server.connections(), opened);
    }
}
