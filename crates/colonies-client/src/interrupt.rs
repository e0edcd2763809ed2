/// Tells whether whoever waits for a call wants it to end.
///
/// The call asks on its own thread, at most 100 ms after the last time and whenever a signal arrived, but
/// only while it waits. So the answer may take a lock, run signal handlers or make other calls.
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
