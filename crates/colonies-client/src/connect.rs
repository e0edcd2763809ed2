use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Phase;
use crate::settings::Endpoint;
use crate::waiting::Waiting;

/// Looks the name up and opens a TCP connection.
///
/// Neither can be cut into slices, so a thread of its own does it while this one waits for the thread and
/// stays interruptible. After an interrupt or a deadline the thread ends by itself, at the latest when the
/// lookup or the connect gives up, and closes what it may have opened.
pub(crate) fn tcp(endpoint: &Endpoint, waiting: &Waiting) -> io::Result<TcpStream> {
    let (tell, hear) = mpsc::channel();
    let (host, port, deadline) = (endpoint.host.clone(), endpoint.port, waiting.deadline());
    waiting.enter(Phase::Lookup);
    thread::Builder::new()
        .name("colonies-connect".into())
        .spawn(move || open(&host, port, deadline, &tell))?;
    loop {
        match hear.recv_timeout(waiting.slice()?) {
            Ok(Step::Found) => waiting.enter(Phase::Connect),
            Ok(Step::Opened(tcp)) => return Ok(tcp),
            // The thread noticed the deadline a moment before this one did.
            Ok(Step::Failed(fault)) if fault.kind() == io::ErrorKind::TimedOut => {
                return Err(waiting.time_out());
            }
            Ok(Step::Failed(fault)) => return Err(fault),
            Err(RecvTimeoutError::Timeout) => waiting.ask()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("the thread that opens connections ended unexpectedly"));
            }
        }
    }
}

enum Step {
    Found,
    Opened(TcpStream),
    Failed(io::Error),
}

fn open(host: &str, port: u16, deadline: Option<Instant>, tell: &Sender<Step>) {
    // When nobody listens any more, the connection is closed again by dropping it.
    let _ = match (host, port).to_socket_addrs() {
        Ok(addresses) => {
            let _ = tell.send(Step::Found);
            tell.send(first_that_connects(&addresses.collect::<Vec<_>>(), deadline))
        }
        Err(fault) => tell.send(Step::Failed(fault)),
    };
}

/// Tries one address after the other, each with its share of the time: a name may stand for an address
/// that swallows every packet besides one that works.
fn first_that_connects(addresses: &[SocketAddr], deadline: Option<Instant>) -> Step {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let opened = match deadline {
            None => TcpStream::connect(address),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let to_try = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
                TcpStream::connect_timeout(address, (left / to_try).max(Duration::from_millis(1)))
            }
        };
        match opened {
            Ok(tcp) => return Step::Opened(tcp),
            Err(fault) => last = fault,
        }
    }
    Step::Failed(last)
}
