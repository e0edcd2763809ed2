//! HTTPS and encrypted subscriptions.

use std::io::{self, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, fs, process};

use colonies_client::{Error, Event, NoInterrupt, Phase, Settings, Tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tungstenite::Message;

use crate::server::{Peer, READ, Server, WRITE, call, done, http};
use crate::under_test::Client;

type Encrypted = StreamOwned<ServerConnection, TcpStream>;

/// A certificate authority made for one test, and a server's certificate that it signed.
struct Authority {
    file: PathBuf,
    config: Arc<ServerConfig>,
}

impl Authority {
    fn new(server_name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, format!("Authority {count}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);

        let server_key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![server_name.to_owned()]).unwrap();
        let chain = vec![params.signed_by(&server_key, &issuer).unwrap().der().clone()];
        let server_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, server_key)
            .unwrap();

        let file = env::temp_dir().join(format!("colonies-client-{}-{count}.pem", process::id()));
        fs::write(&file, certificate.pem()).unwrap();
        Self { file, config: Arc::new(config) }
    }

    /// Serves each connection encrypted.
    fn serve(&self, serve: impl Fn(Peer<Encrypted>) -> io::Result<()> + Send + Sync + 'static) -> Server {
        let config = Arc::clone(&self.config);
        Server::start(move |peer| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(peer.wrap(|stream| StreamOwned::new(connection, stream)))
        })
    }

    fn answering(&self) -> Server {
        self.serve(|mut peer| {
            while peer.read_request()?.is_some() {
                peer.stream.write_all(&http(200, done("null")))?;
                peer.stream.flush()?;
            }
            Ok(())
        })
    }

    fn ca(&self) -> Tls {
        Tls::CaFile(self.file.clone())
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

fn client(server: &Server, tls: Tls) -> Client {
    Client::new(Settings::new("localhost", server.port(), tls)).unwrap()
}

#[test]
fn the_named_authority_is_trusted_and_connections_are_used_again() {
    let authority = Authority::new("localhost");
    let server = authority.answering();
    let client = client(&server, authority.ca());
    for msgtype in [READ, WRITE, READ, WRITE] {
        assert_eq!(call(&client, msgtype).unwrap(), "null");
    }
    assert_eq!((server.connections(), server.requests()), (1, 4));
}

#[test]
fn an_authority_that_the_system_does_not_know_is_refused() {
    let authority = Authority::new("localhost");
    let server = authority.answering();
    let other = Authority::new("localhost");
    for tls in [Tls::System, other.ca()] {
        let client = client(&server, tls);
        let fault = call(&client, READ).unwrap_err();
        assert!(matches!(fault, Error::Connect { phase: Phase::Tls, .. }), "{fault:?}");
        assert!(!fault.is_transient() && !fault.may_have_been_processed());
        let text = fault.to_string();
        assert!(text.contains("certificate") && text.contains("UnknownIssuer"), "{text}");
        assert!(text.contains("file of the CA"), "{text}");

        let fault = client.subscribe(&NoInterrupt).unwrap_err();
        assert!(matches!(fault, Error::Connect { phase: Phase::Tls, .. }), "{fault:?}");
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new("elsewhere.example");
    let server = authority.answering();
    let fault = call(&client(&server, authority.ca()), READ).unwrap_err();
    assert!(matches!(fault, Error::Connect { phase: Phase::Tls, .. }), "{fault:?}");
    assert!(fault.to_string().contains("elsewhere.example"), "{fault}");
}

#[test]
fn without_verification_any_certificate_will_do() {
    let authority = Authority::new("elsewhere.example");
    let server = authority.answering();
    assert_eq!(call(&client(&server, Tls::SkipVerify), WRITE).unwrap(), "null");
}

#[test]
fn an_encrypted_connection_closed_while_idle_is_noticed_before_anything_is_sent() {
    let (tell, closed) = std::sync::mpsc::channel();
    let authority = Authority::new("localhost");
    let server = authority.serve(move |mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&http(200, done("null")))?;
        peer.stream.conn.send_close_notify();
        peer.stream.flush()?;
        tell.send(()).unwrap();
        // The goodbye alone has to do: the TCP connection stays open.
        peer.stay_silent()
    });
    let client = client(&server, authority.ca());
    for _ in 0..3 {
        call(&client, WRITE).unwrap();
        closed.recv().unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (3, 3));
}

#[test]
fn an_encrypted_write_whose_connection_ends_is_not_sent_again() {
    let authority = Authority::new("localhost");
    let server = authority.serve(|mut peer| {
        peer.read_request()?;
        peer.stream.write_all(&http(200, done("null")))?;
        peer.stream.flush()?;
        peer.read_request()?;
        Ok(())
    });
    let client = client(&server, authority.ca());
    call(&client, READ).unwrap();
    let fault = call(&client, WRITE).unwrap_err();
    assert!(matches!(fault, Error::Disconnected { sent: true, .. }), "{fault:?}");
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_server_that_does_not_encrypt_is_told() {
    let server = Server::start(|mut peer| {
        peer.stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?;
        peer.stay_silent()
    });
    let fault = call(&client(&server, Tls::SkipVerify), READ).unwrap_err();
    assert!(matches!(fault, Error::Connect { phase: Phase::Tls, .. }), "{fault:?}");
    assert!(fault.to_string().contains("turn TLS off"), "{fault}");
}

#[test]
fn subscriptions_are_encrypted_alike() {
    let authority = Authority::new("localhost");
    let server = authority.serve(|peer| {
        let mut socket = tungstenite::accept(peer.stream).unwrap();
        socket.read().unwrap();
        socket.send(Message::Text(String::from_utf8(done("1")).unwrap().into())).unwrap();
        Ok(())
    });
    for tls in [authority.ca(), Tls::SkipVerify] {
        let mut subscription = client(&server, tls).subscribe(&NoInterrupt).unwrap();
        subscription.send("subscribeprocessmsg", b"{}", None).unwrap();
        let next = |subscription: &mut crate::under_test::Subscription| {
            subscription.next(Duration::from_secs(60), &NoInterrupt).unwrap()
        };
        assert_eq!(next(&mut subscription), Event::Message(b"1".to_vec()));
        assert_eq!(next(&mut subscription), Event::Closed);
    }
}
