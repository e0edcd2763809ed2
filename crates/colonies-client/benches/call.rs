//! What a small call costs the client: `cargo bench -p colonies-client`.
//!
//! The server is a loop that answers every request with the same bytes. Besides the time a call takes, the
//! table shows the processor time that the calling thread itself used (Linux only), which is the client's
//! share.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use colonies_client::{Client, NoInterrupt, Settings, Tls};
use colonies_crypto::PrivateKey;
use colonies_proto::{Reply, seal};

const CALLS: u32 = 20_000;
const MESSAGE: &[u8] = br#"{"msgtype":"getcolonymsg","colonyname":"dev"}"#;

fn main() {
    let port = serve();
    let client = Client::new(Settings::new("127.0.0.1", port, Tls::Off)).unwrap();
    let key = PrivateKey::generate();
    let call = |key: Option<&PrivateKey>| {
        client.call("getcolonymsg", black_box(MESSAGE), key, None, &NoInterrupt).unwrap()
    };
    assert_eq!(call(Some(&key)), br#"{"name":"dev"}"#);

    println!("{:<28} {:>12} {:>16}", "1 thread", "per call", "client's share");
    measure("sealing alone", || drop(black_box(seal("getcolonymsg", black_box(MESSAGE), &key))));
    measure("unsigned call", || drop(call(None)));
    measure("signed call", || drop(call(Some(&key))));

    for threads in [2, 16] {
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..CALLS / threads).for_each(|_| drop(call(Some(&key)))));
            }
        });
        println!("{:<28} {:>12.1?}", format!("signed, {threads} threads"), begun.elapsed() / CALLS);
    }
}

fn measure(name: &str, mut work: impl FnMut()) {
    (0..CALLS / 10).for_each(|_| work());
    let (begun, used) = (Instant::now(), processor_time());
    (0..CALLS).for_each(|_| work());
    let used = processor_time().zip(used).map(|(after, before)| after.saturating_sub(before) / CALLS);
    let share = used.map_or_else(|| "unknown".to_owned(), |used| format!("{used:.1?}"));
    println!("{name:<28} {:>12} {share:>16}", format!("{:.1?}", begun.elapsed() / CALLS));
}

fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || answer(stream.unwrap()));
        }
    });
    port
}

/// Takes what one read brings for one request, which small requests are.
fn answer(mut stream: TcpStream) {
    let reply = Reply::Done { payloadtype: "getcolonymsg".into(), payload: br#"{"name":"dev"}"#.to_vec() };
    let body = reply.to_body();
    let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(&body);
    let mut request = [0; 16 * 1024];
    while stream.read(&mut request).is_ok_and(|read| read > 0) {
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}
