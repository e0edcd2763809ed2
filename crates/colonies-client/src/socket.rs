//! A blocking TCP stream that waits in slices, so that deadlines and interrupts take effect.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::waiting::{SLICE, Waiting, current};

/// A TCP connection whose reads and writes wait in slices.
///
/// It looks like a blocking stream: no call returns before it has moved a byte, met the end, failed, or
/// been told to stop.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    read_slice: Duration,
    write_slice: Duration,
}

/// What a look at an idle connection shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// Open, without data to read.
    Quiet,
    /// The server sent something.
    Readable,
    /// Closed or broken.
    Gone,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(SLICE))?;
        tcp.set_write_timeout(Some(SLICE))?;
        Ok(Self { tcp, read_slice: SLICE, write_slice: SLICE })
    }

    /// Looks without waiting and without taking anything.
    pub(crate) fn look(&self) -> Idle {
        match self.without_waiting(|tcp| tcp.peek(&mut [0])) {
            Ok(0) => Idle::Gone,
            Ok(_) => Idle::Readable,
            Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => Idle::Quiet,
            Err(_) => Idle::Gone,
        }
    }

    /// Runs `io` with the socket in non-blocking mode.
    pub(crate) fn without_waiting<T>(&self, io: impl FnOnce(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        self.tcp.set_nonblocking(true)?;
        let result = io(&self.tcp);
        self.tcp.set_nonblocking(false)?;
        result
    }
}

/// Repeats `attempt` until it did something or the call has to stop.
fn in_slices<T>(mut attempt: impl FnMut(Duration) -> io::Result<T>) -> io::Result<T> {
    loop {
        let slice = current(Waiting::slice)?;
        match attempt(slice) {
            Err(fault) if is_slice_over(fault.kind()) => current(Waiting::ask)?,
            Ok(moved) => {
                current(Waiting::note_moved);
                return Ok(moved);
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// At the end of a slice blocking sockets say "would block" (on Windows "timed out"), and a signal ends it
/// early.
fn is_slice_over(kind: io::ErrorKind) -> bool {
    match kind {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => true,
        io::ErrorKind::TimedOut => cfg!(windows),
        _ => false,
    }
}

/// A timeout of zero would mean "for ever".
fn settable(slice: Duration) -> Duration {
    slice.max(Duration::from_millis(1))
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        in_slices(|slice| {
            if slice != self.read_slice {
                self.tcp.set_read_timeout(Some(settable(slice)))?;
                self.read_slice = slice;
            }
            self.tcp.read(buffer)
        })
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        in_slices(|slice| {
            if slice != self.write_slice {
                self.tcp.set_write_timeout(Some(settable(slice)))?;
                self.write_slice = slice;
            }
            self.tcp.write(bytes)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
