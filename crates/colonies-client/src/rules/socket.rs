//! Settings and errors of subscription sockets.

use std::io;

use tungstenite::error::ProtocolError;
use tungstenite::protocol::WebSocketConfig;

use crate::error::{Error, Phase};
use crate::reply::excerpt;
use crate::rules::Stop;

/// Processes are small; a big one is read in several steps.
const READ_BUFFER: usize = 8 * 1024;

/// How a subscription reads and writes, where no message is longer than `max_message_bytes`.
pub fn socket_settings(max_message_bytes: u64) -> WebSocketConfig {
    let max = usize::try_from(max_message_bytes).unwrap_or(usize::MAX);
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(max))
        .max_frame_size(Some(max))
}

/// True for every way in which a server, or its host, ends a subscription.
pub fn is_end_of_socket(fault: &tungstenite::Error) -> bool {
    use tungstenite::Error as Fault;
    match fault {
        Fault::ConnectionClosed
        | Fault::AlreadyClosed
        | Fault::Protocol(
            ProtocolError::ResetWithoutClosingHandshake | ProtocolError::ReceivedAfterClosing,
        ) => true,
        Fault::Io(fault) => matches!(
            fault.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
        ),
        _ => false,
    }
}

/// Names the failure of a subscription.
pub fn explain_socket(
    fault: tungstenite::Error,
    address: &str,
    msgtype: &str,
    phase: Phase,
    stopped: Option<Stop>,
) -> Error {
    use tungstenite::Error as Fault;
    let address = address.to_owned();
    // Subscribing changes nothing, so there is nothing that may have been done.
    let sent = false;
    let disconnected =
        |address, source| Error::Disconnected { address, msgtype: msgtype.to_owned(), sent, source };
    let protocol = |address, status, what, body: &[u8]| Error::Protocol {
        address,
        status,
        what,
        excerpt: excerpt(body),
    };
    match (stopped, fault) {
        (Some(Stop::Interrupted), _) => Error::Interrupted { address, sent },
        (Some(Stop::TimedOut { limit }), _) => Error::Timeout { address, phase, limit, sent },
        (None, Fault::Io(source)) if phase.is_connecting() => Error::Connect { address, phase, source },
        (None, Fault::Io(source)) => disconnected(address, source),
        (
            None,
            Fault::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::SendAfterClosing)
            | Fault::ConnectionClosed
            | Fault::AlreadyClosed,
        ) => disconnected(address, io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it")),
        (None, Fault::Http(response)) => {
            let status = Some(response.status().as_u16());
            let body = response.into_body().unwrap_or_default();
            protocol(address, status, "it does not open a subscription socket".into(), &body)
        }
        (None, fault) => protocol(address, None, fault.to_string(), b""),
    }
}
