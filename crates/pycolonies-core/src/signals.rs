//! What ends a blocked call early: Ctrl-C, other signal handlers that raise, and other threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use colonies_client::{Error, Interrupt};
use colonies_files::{Error as FilesError, Run};
use pyo3::prelude::*;

use crate::cancel::{PyCancellation, entered};
use crate::errors::{call_error, cancelled, storage_error};

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

    /// Keeps an exception for the end of the call. To be called without the GIL: a thread that waits for it must
    /// never hold a lock.
    fn keep(&self, raised: PyErr) {
        if let Ok(mut place) = self.raised.lock() {
            *place = Some(raised);
        }
    }

    /// What the call ended with: an exception that was kept comes first.
    fn outcome<T>(&self, result: PyResult<T>) -> PyResult<T> {
        match self.raised.lock().ok().and_then(|mut raised| raised.take()) {
            Some(raised) => Err(raised),
            None => result,
        }
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
        // Abort the call if the interpreter is shutting down.
        let Some(raised) = Python::try_attach(|py| py.check_signals().err()) else { return true };
        let interrupted = raised.is_some();
        if let Some(raised) = raised {
            self.keep(raised);
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
    hook.outcome(result.map_err(|fault| call_error(&fault)))
}

/// As [`blocking`], for transfers: between its waits `progress` is called with the bytes moved so far.
pub(crate) fn transferring<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&Run<'_>) -> Result<T, FilesError> + Send,
) -> PyResult<T> {
    let (moved, told) = (AtomicU64::new(0), AtomicU64::new(0));
    let watch = Watch { hook: Hook::of_this_thread(), progress, moved, told };
    watch.hook.check(py)?;
    let result = py.detach(|| work(&Run { interrupt: &watch, moved: &watch.moved }));
    let done = watch.hook.outcome(result.map_err(|fault| storage_error(&fault)))?;
    watch.report(py)?;
    Ok(done)
}

/// Aborts transfers like calls, and reports their progress to Python.
struct Watch {
    hook: Hook,
    progress: Option<Py<PyAny>>,
    moved: AtomicU64,
    /// The last reported count. It never decreases, although `moved` does when an attempt fails.
    told: AtomicU64,
}

impl Interrupt for Watch {
    fn interrupted(&self) -> bool {
        if self.hook.interrupted() {
            return true;
        }
        if self.progress.is_none() {
            return false;
        }
        let Some(raised) = Python::try_attach(|py| self.report(py).err()) else { return true };
        raised.is_some_and(|raised| {
            self.hook.keep(raised);
            true
        })
    }
}

impl Watch {
    fn report(&self, py: Python<'_>) -> PyResult<()> {
        let moved = self.moved.load(Ordering::Relaxed);
        if let Some(progress) = &self.progress
            && moved > self.told.fetch_max(moved, Ordering::Relaxed)
        {
            progress.call1(py, (moved,))?;
        }
        Ok(())
    }
}
