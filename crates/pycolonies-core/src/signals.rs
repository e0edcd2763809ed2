//! What ends a blocked call early: Ctrl-C and other signal handlers, or another thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use colonies_client::{Error, Interrupt};
use pyo3::prelude::*;

use crate::errors::call_error;

/// Lets a thread end the calls of others.
#[pyclass(frozen, name = "Cancellation", module = "pycolonies._core")]
#[derive(Default)]
pub(crate) struct PyCancellation(AtomicBool);

#[pymethods]
impl PyCancellation {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs Python's signal handlers when asked whether to go on, and keeps what they raise.
#[derive(Default)]
struct Signals {
    raised: Mutex<Option<PyErr>>,
    cancellation: Option<Py<PyCancellation>>,
}

impl Interrupt for Signals {
    fn interrupted(&self) -> bool {
        if self.cancellation.as_ref().is_some_and(|flag| flag.get().0.load(Ordering::Relaxed)) {
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

/// Runs something that may block, without the GIL; a signal handler that raises ends it with its exception, a
/// cancellation with [`Error::Interrupted`].
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    cancellation: Option<Py<PyCancellation>>,
    work: impl FnOnce(&(dyn Interrupt + 'static)) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let signals = Signals { cancellation, ..Signals::default() };
    let result = py.detach(|| work(&signals));
    let raised = signals.raised.into_inner().ok().flatten();
    match raised {
        Some(raised) => Err(raised),
        None => result.map_err(|fault| call_error(&fault)),
    }
}
