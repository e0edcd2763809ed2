//! Name lookup and TCP connect in a helper thread, so that they can be interrupted.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::error::Phase;
use crate::settings::Endpoint;
use crate::waiting::Waiting;

/// Looks the name up and opens a TCP connection.
///
/// Neither can be cut into slices, so its own thread does it while this one waits for the thread and
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
    // If the caller has given up, dropping the connection closes it.
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
            Ok(tcp) => match refuse_itself(tcp.local_addr(), tcp.peer_addr()) {
                None => return Step::Opened(tcp),
                Some(fault) => {
                    close_at_once(tcp);
                    last = fault;
                }
            },
            Err(fault) => last = fault,
        }
    }
    Step::Failed(last)
}

/// Returns an error if a connection with these addresses is connected to itself.
///
/// A server port in the system's range of client ports, such as the default 50080 on Linux, can be chosen as the
/// client's own port. If no server listens there, the connection succeeds and reaches itself (simultaneous open). Close
/// it with a reset: a normal close keeps the port for a minute, during which a server can't listen on it.
pub fn refuse_itself(local: io::Result<SocketAddr>, peer: io::Result<SocketAddr>) -> Option<io::Error> {
    let is_itself = matches!((local, peer), (Ok(local), Ok(peer)) if local == peer);
    is_itself.then(|| io::Error::new(io::ErrorKind::ConnectionRefused, "nothing listens there"))
}

/// Closes with a reset; the slow way where that cannot be set.
fn close_at_once(tcp: TcpStream) {
    let _ = SockRef::from(&tcp).set_linger(Some(Duration::ZERO));
    drop(tcp);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::{Ipv4Addr, TcpListener};

    use socket2::{Domain, Socket, Type};

    use super::*;

    /// A connection to itself, as the system makes one when a client's own port is the one that it connects to.
    fn looped() -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        let own = socket.local_addr().unwrap();
        socket.connect(&own).unwrap();
        socket.into()
    }

    #[test]
    fn a_connection_to_itself_is_refused_and_its_port_is_free_at_once() {
        let tcp = looped();
        let address = tcp.local_addr().unwrap();
        let fault = refuse_itself(tcp.local_addr(), tcp.peer_addr()).unwrap();
        assert_eq!(fault.kind(), io::ErrorKind::ConnectionRefused);
        close_at_once(tcp);
        TcpListener::bind(address).unwrap();
    }

    #[test]
    fn a_connection_to_a_server_is_none_to_itself() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(refuse_itself(tcp.local_addr(), tcp.peer_addr()).is_none());
    }
}
