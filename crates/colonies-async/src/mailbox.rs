//! Results on their way to the caller, and the socket that wakes it.

use std::io::{self, Read, Write};
use std::sync::Mutex;

use colonies_client::Error;

use crate::engine::locked;
use crate::subscription::Subscription;

#[cfg(unix)]
type Socket = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
type Socket = std::net::TcpStream;

/// What work has brought.
#[derive(Debug)]
pub enum Outcome {
    /// The payload of a reply, or of a message of a subscription.
    Payload(Vec<u8>),
    /// An open subscription socket.
    Opened(Subscription),
    /// Something was done that brings nothing, such as sending on a subscription.
    Done,
    /// The server has ended the subscription.
    Closed,
}

/// What has come for one caller, such as one event loop, and a descriptor that wakes the caller.
///
/// The descriptor is readable while something is there. Several results wake the caller once.
#[derive(Debug)]
pub struct Mailbox {
    results: Mutex<Vec<(u64, Result<Outcome, Error>)>>,
    waker: Socket,
}

/// The end of the descriptor that the caller waits on.
#[derive(Debug)]
pub struct Reader(Socket);

impl Mailbox {
    /// An empty mailbox, and what its owner waits on.
    ///
    /// # Errors
    /// Those of the operating system, where it allows no further descriptor.
    pub fn new() -> io::Result<(Self, Reader)> {
        let (waker, reader) = pair()?;
        waker.set_nonblocking(true)?;
        reader.set_nonblocking(true)?;
        Ok((Self { results: Mutex::default(), waker }, Reader(reader)))
    }

    pub(crate) fn deliver(&self, number: u64, result: Result<Outcome, Error>) {
        let mut results = locked(&self.results);
        let was_empty = results.is_empty();
        results.push((number, result));
        drop(results);
        if was_empty {
            self.wake();
        }
    }

    /// Takes up to `most` results, the oldest first. The descriptor stays readable where there are more.
    pub fn take(&self, most: usize) -> Vec<(u64, Result<Outcome, Error>)> {
        let mut results = locked(&self.results);
        if results.len() <= most {
            return std::mem::take(&mut *results);
        }
        let rest = results.split_off(most);
        let taken = std::mem::replace(&mut *results, rest);
        drop(results);
        self.wake();
        taken
    }

    fn wake(&self) {
        // A full buffer already holds a byte that wakes the reader; without a reader, no one waits.
        let _ = (&self.waker).write(&[0]);
    }
}

impl Reader {
    /// Makes the descriptor unreadable until something new comes. Must come before [`Mailbox::take`].
    pub fn clear(&self) {
        let _ = (&self.0).read(&mut [0; 64]);
    }

    /// The descriptor, which stays this object's.
    #[cfg(unix)]
    pub fn descriptor(&self) -> i32 {
        use std::os::fd::AsRawFd;
        self.0.as_raw_fd()
    }

    /// The descriptor, which is then the caller's to close: a socket.
    #[cfg(unix)]
    pub fn into_descriptor(self) -> i64 {
        use std::os::fd::IntoRawFd;
        i64::from(self.0.into_raw_fd())
    }

    /// The socket, which is then the caller's to close.
    #[cfg(windows)]
    pub fn into_descriptor(self) -> i64 {
        use std::os::windows::io::IntoRawSocket;
        i64::try_from(self.0.into_raw_socket()).unwrap_or(-1)
    }
}

#[cfg(unix)]
fn pair() -> io::Result<(Socket, Socket)> {
    Socket::pair()
}

/// Two ends of a loopback connection, as `asyncio` makes them for its own use.
#[cfg(not(unix))]
fn pair() -> io::Result<(Socket, Socket)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let one = Socket::connect(listener.local_addr()?)?;
    loop {
        let (other, peer) = listener.accept()?;
        if peer == one.local_addr()? {
            one.set_nodelay(true)?;
            return Ok((one, other));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn numbers(mailbox: &Mailbox, most: usize) -> Vec<u64> {
        mailbox.take(most).into_iter().map(|(number, _)| number).collect()
    }

    fn is_readable(reader: &Reader) -> bool {
        socket2::SockRef::from(&reader.0).peek(&mut [std::mem::MaybeUninit::uninit()]).is_ok()
    }

    #[test]
    fn the_descriptor_is_readable_while_something_is_there() {
        let (mailbox, reader) = Mailbox::new().unwrap();
        assert!(!is_readable(&reader));
        for number in 0..5 {
            mailbox.deliver(number, Ok(Outcome::Done));
        }
        assert!(is_readable(&reader));
        reader.clear();
        assert_eq!(numbers(&mailbox, 2), [0, 1]);
        assert!(is_readable(&reader));
        reader.clear();
        assert_eq!(numbers(&mailbox, 9), [2, 3, 4]);
        assert!(!is_readable(&reader));
        mailbox.deliver(7, Ok(Outcome::Done));
        assert!(is_readable(&reader));
    }

    #[test]
    fn a_mailbox_whose_reader_is_gone_takes_results() {
        let (mailbox, reader) = Mailbox::new().unwrap();
        drop(reader);
        mailbox.deliver(1, Ok(Outcome::Done));
        assert_eq!(numbers(&mailbox, 9), [1]);
    }
}
