//! A message to send, and the delivery of its result.

use std::sync::Arc;
use std::time::Duration;

use colonies_client::Error;
use colonies_client::rules::{Attempt, Fault};
use colonies_crypto::PrivateKey;

use crate::mailbox::{Mailbox, Outcome};

/// A message to be sent.
#[derive(Debug)]
pub struct Call {
    /// Type of the message, as the message itself has it.
    pub msgtype: String,
    /// JSON object as UTF-8 text.
    pub message: Vec<u8>,
    /// The key that signs it; none for the few messages that need no signature.
    pub key: Option<Arc<PrivateKey>>,
    /// How long the call may take; none for the client's own limit.
    pub timeout: Option<Duration>,
}

/// Delivers what came of a piece of work. Where the work is dropped first, by a cancellation or a panic, it delivers
/// that: a number never stays without a result.
pub(crate) struct Report {
    number: u64,
    mailbox: Option<Arc<Mailbox>>,
    address: String,
    msgtype: String,
    /// How far the work came.
    pub(crate) attempt: Attempt,
}

impl Report {
    pub(crate) fn new(number: u64, mailbox: Arc<Mailbox>, address: String, msgtype: String) -> Self {
        Self { number, mailbox: Some(mailbox), address, msgtype, attempt: Attempt::default() }
    }

    pub(crate) fn deliver(mut self, result: Result<Outcome, Error>) {
        if let Some(mailbox) = self.mailbox.take() {
            mailbox.deliver(self.number, result);
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(mailbox) = self.mailbox.take() {
            let fault = Fault::Interrupted { sent: self.attempt.is_sent() };
            mailbox.deliver(self.number, Err(fault.of_call(&self.address, &self.msgtype)));
        }
    }
}
