//! A server whose every byte a test decides.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use colonies_client::{Error, Interrupt, NoInterrupt, Settings, Tls};
use colonies_crypto::PrivateKey;
use colonies_proto::{Reply, Request};

use crate::under_test::Client;

/// A message that changes nothing, and one that does.
pub(crate) const READ: &str = "getcoloniesmsg";
pub(crate) const WRITE: &str = "submitfuncspecmsg";

/// How long a test waits for what has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Listens on its own port until dropped and serves each connection on a thread.
pub(crate) struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
    is_over: Arc<AtomicBool>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: Mutex<usize>,
    changed: Condvar,
}

/// One connection as the server sees it.
pub(crate) struct Peer<S = TcpStream> {
    pub(crate) stream: S,
    /// Which connection this is, counted from 0.
    pub(crate) number: usize,
    counts: Arc<Counts>,
}

impl Server {
    pub(crate) fn start(serve: impl Fn(Peer) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server =
            Self { address: listener.local_addr().unwrap(), counts: Arc::default(), is_over: Arc::default() };
        let (counts, is_over, serve) =
            (Arc::clone(&server.counts), Arc::clone(&server.is_over), Arc::new(serve));
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                // What is written arrives before the next statement, not when the client acknowledges.
                stream.set_nodelay(true).unwrap();
                let number = counts.connections.fetch_add(1, Ordering::SeqCst);
                let (counts, serve) = (Arc::clone(&counts), Arc::clone(&serve));
                // A client that goes away in the middle is part of many tests.
                thread::spawn(move || serve(Peer { stream, number, counts }));
            }
        });
        server
    }

    /// Answers every request on every connection with the same bytes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut peer| {
            while peer.read_request()?.is_some() {
                peer.stream.write_all(&answer)?;
            }
            Ok(())
        })
    }

    /// Sends these bytes after the first request and closes the connection.
    pub(crate) fn answering_once(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut peer| {
            peer.read_request()?;
            peer.stream.write_all(&answer)
        })
    }

    /// As [`Self::answering_once`], for requests without a body.
    pub(crate) fn answering_get(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut peer| {
            peer.read_head()?;
            peer.stream.write_all(&answer)
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new("127.0.0.1", self.port(), Tls::Off)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        *self.counts.requests.lock().unwrap()
    }

    /// Waits until that many requests were read.
    pub(crate) fn await_requests(&self, wanted: usize) {
        let (counts, deadline) = (&self.counts, Instant::now() + PATIENCE);
        let mut requests = counts.requests.lock().unwrap();
        while *requests < wanted {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "only {requests} of {wanted} requests came");
            requests = counts.changed.wait_timeout(requests, left).unwrap().0;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // wakes the listener
    }
}

impl<S: Read + Write> Peer<S> {
    /// The same peer behind another layer.
    pub(crate) fn wrap<T>(self, layer: impl FnOnce(S) -> T) -> Peer<T> {
        Peer { stream: layer(self.stream), number: self.number, counts: self.counts }
    }

    /// The next request's envelope; none where the client closed the connection.
    pub(crate) fn read_request(&mut self) -> io::Result<Option<Request>> {
        let Some(head) = self.read_head()? else { return Ok(None) };
        assert!(head.starts_with("POST /api HTTP/1.1\r\n"), "{head}");
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        self.stream.read_exact(&mut body)?;
        *self.counts.requests.lock().unwrap() += 1;
        self.counts.changed.notify_all();
        Ok(Some(Request::from_body(&body).unwrap()))
    }

    fn read_head(&mut self) -> io::Result<Option<String>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if self.stream.read(&mut byte)? == 0 {
                return Ok(None);
            }
            head.extend_from_slice(&byte);
        }
        Ok(Some(String::from_utf8(head).unwrap()))
    }

    /// Keeps the connection open, without a word, until the client closes it.
    pub(crate) fn stay_silent(&mut self) -> io::Result<()> {
        while self.stream.read(&mut [0; 1024])? > 0 {}
        Ok(())
    }
}

/// An HTTP answer with this body.
pub(crate) fn http(status: u16, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer =
        format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

pub(crate) fn done(payload: &str) -> Vec<u8> {
    Reply::Done { payloadtype: "any".into(), payload: payload.into() }.to_body()
}

pub(crate) fn refused(status: u16, message: &str) -> Vec<u8> {
    Reply::Refused { status, message: message.into() }.to_body()
}

/// A call without a key, an own timeout and interrupts.
pub(crate) fn call(client: &Client, msgtype: &str) -> Result<String, Error> {
    call_under(client, msgtype, &NoInterrupt)
}

pub(crate) fn call_under(
    client: &Client,
    msgtype: &str,
    interrupt: &(dyn Interrupt + 'static),
) -> Result<String, Error> {
    let message = format!(r#"{{"msgtype":"{msgtype}"}}"#);
    let payload = client.call(msgtype, message.as_bytes(), None, None, interrupt)?;
    Ok(String::from_utf8(payload).unwrap())
}

/// As [`call`], signed.
pub(crate) fn call_signed(client: &Client, msgtype: &str, key: &PrivateKey) -> Result<Vec<u8>, Error> {
    client.call(msgtype, format!(r#"{{"msgtype":"{msgtype}"}}"#).as_bytes(), Some(key), None, &NoInterrupt)
}
