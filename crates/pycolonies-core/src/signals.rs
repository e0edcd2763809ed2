//! What ends a blocked call early: Ctrl-C, other signal handlers that raise, and other threads.

use std::sync::Mutex;

use colonies_client::{Error, Interrupt};
use pyo3::prelude::*;

use crate::cancel::{PyCancellation, entered};
use crate::errors::{call_error, cancelled};

/// Looks at the cancellations and runs Python's signal handlers when asked whether to go on, and keeps what they
/// raise.
pub(crate) struct Hook {
    cancellations: Vec<PyCancellation>,
    raised: Mutex<Option<PyErr>>,
}

impl Hook {
    pub(crate) fn of_this_thread() -> Self {
        Self { cancellations: entered(), raised: Mutex::default() }
    }

    /// Fails where there is a reason to end.
    pub(crate) fn check(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_cancelled() {
            return Err(cancelled());
        }
        py.check_signals()
    }

    fn is_cancelled(&self) -> bool {
        self.cancellations.iter().any(PyCancellation::cancelled)
    }
}

impl Interrupt for Hook {
    fn interrupted(&self) -> bool {
        if self.is_cancelled() {
            return true;
        }
        // Where the interpreter is shutting down there is nobody left to wait for.
        let Some(raised) = Python::try_attach(|py| py.check_signals().err()) else { return true };
        let interrupted = raised.is_some();
        // No lock is held while attached: a thread that waits for the GIL must never hold one.
        if let (Some(raised), Ok(mut place)) = (raised, self.raised.lock()) {
            *place = Some(raised);
        }
        interrupted
    }
}

/// Runs something that may block, without the GIL. A signal handler that raises ends it with its exception,
/// a cancellation with `CallCancelledError`.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    cancellation: Option<PyCancellation>,
    work: impl FnOnce(&(dyn Interrupt + 'static)) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let mut hook = Hook::of_this_thread();
    hook.cancellations.extend(cancellation);
    if hook.is_cancelled() {
        return Err(cancelled());
    }
    let result = py.detach(|| work(&hook));
    let raised = hook.raised.into_inner().ok().flatten();
    match raised {
        Some(raised) => Err(raised),
        None => result.map_err(|fault| call_error(&fault)),
    }
}
