//! The hook that aborts blocking calls.

/// Polled while a call blocks; return true to abort it.
///
/// The call polls on its own thread, at least every 100 ms and whenever a signal arrives, but only while it
/// waits. The implementation can take a lock, run signal handlers or make other calls.
pub trait Interrupt {
    /// True to end the call with [`Error::Interrupted`](crate::Error::Interrupted).
    fn interrupted(&self) -> bool;
}

/// Lets every call run to its end or its deadline.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInterrupt;

impl Interrupt for NoInterrupt {
    fn interrupted(&self) -> bool {
        false
    }
}
