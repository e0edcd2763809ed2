use std::cell::{Cell, RefCell};

/// How many bytes of a reply are kept to show what a server said that is no Colonies server.
const KEPT: usize = 200;

/// How far one attempt to send a message came. Decides whether it may be sent again.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    opened: Cell<bool>,
    sent: Cell<bool>,
    received: RefCell<Vec<u8>>,
}

impl Progress {
    pub(crate) fn begin(&self) {
        self.opened.set(false);
        self.sent.set(false);
        self.received.borrow_mut().clear();
    }

    /// A connection was opened for this attempt; otherwise it goes over one that was used before.
    pub(crate) fn note_opened(&self) {
        self.opened.set(true);
    }

    /// The last byte of the request was handed to the operating system. Before that no server can act on
    /// the message: the body is shorter than its announced length.
    pub(crate) fn note_sent(&self) {
        self.sent.set(true);
    }

    pub(crate) fn note_received(&self, bytes: &[u8]) {
        let mut received = self.received.borrow_mut();
        let room = KEPT.saturating_sub(received.len()).min(bytes.len());
        received.extend_from_slice(&bytes[..room]);
    }

    pub(crate) fn is_reused(&self) -> bool {
        !self.opened.get()
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.sent.get()
    }

    pub(crate) fn is_answered(&self) -> bool {
        !self.received.borrow().is_empty()
    }

    /// The first bytes that came back.
    pub(crate) fn first_bytes(&self) -> Vec<u8> {
        self.received.borrow().clone()
    }
}
