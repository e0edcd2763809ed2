//! The progress of one attempt to send a request, and the error it becomes.

use crate::error::Phase;

/// How many bytes of an unexpected answer are kept for the error message.
const KEPT: usize = 200;

/// How far one attempt to send a request came.
#[derive(Debug)]
pub struct Attempt {
    phase: Phase,
    opened: bool,
    sent: bool,
    received: Vec<u8>,
}

impl Default for Attempt {
    fn default() -> Self {
        Self { phase: Phase::Lookup, opened: false, sent: false, received: Vec::new() }
    }
}

impl Attempt {
    /// Starts the next attempt. The phase stays until the attempt enters another.
    pub fn begin(&mut self) {
        *self = Self { phase: self.phase, ..Self::default() };
    }

    /// Sets the phase of the call.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Notes that a connection was opened for this attempt. Otherwise it uses an idle one.
    pub fn note_opened(&mut self) {
        self.opened = true;
    }

    /// Notes that the last byte of the request was handed to the operating system. Before that no server can act
    /// on the request: its body is shorter than announced.
    pub fn note_sent(&mut self) {
        self.sent = true;
        if self.phase == Phase::Send {
            self.phase = Phase::Reply;
        }
    }

    /// Notes bytes of the answer.
    pub fn note_received(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.received.len()).min(bytes.len());
        self.received.extend_from_slice(&bytes[..room]);
    }

    /// What is waited for.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// True where the request uses a connection that was idle before.
    pub fn is_reused(&self) -> bool {
        !self.opened
    }

    /// True where the server can have the whole request.
    pub fn is_sent(&self) -> bool {
        self.sent
    }

    /// True where the answer has begun.
    pub fn is_answered(&self) -> bool {
        !self.received.is_empty()
    }

    /// The first bytes of the answer.
    pub fn first_bytes(&self) -> &[u8] {
        &self.received
    }
}
