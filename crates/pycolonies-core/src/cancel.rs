//! Blocked calls that another thread can end.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::client::seconds;
use crate::signals::Hook;

/// The longest time between a cancellation and the end of a pause.
const SLICE: Duration = Duration::from_millis(50);

thread_local! {
    /// Those that this thread is in, the innermost last.
    static ENTERED: RefCell<Vec<PyCancellation>> = const { RefCell::new(Vec::new()) };
}

/// What a thread does between entering and leaving ends once any thread has cancelled it.
#[pyclass(frozen, name = "Cancellation", module = "pycolonies._core")]
#[derive(Clone, Default)]
pub(crate) struct PyCancellation(Arc<AtomicBool>);

#[pymethods]
impl PyCancellation {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    #[getter]
    pub(crate) fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        ENTERED.with_borrow_mut(|entered| entered.push(slf.get().clone()));
        slf
    }

    fn __exit__(&self, _kind: &Bound<'_, PyAny>, _error: &Bound<'_, PyAny>, _traceback: &Bound<'_, PyAny>) {
        ENTERED.with_borrow_mut(|entered| {
            if let Some(place) = entered.iter().rposition(|other| Arc::ptr_eq(&other.0, &self.0)) {
                entered.remove(place);
            }
        });
    }
}

/// Those that this thread is in at present.
pub(crate) fn entered() -> Vec<PyCancellation> {
    ENTERED.with_borrow(Clone::clone)
}

/// Sleeps; signals and a cancellation end it as they end a call.
#[pyfunction]
pub(crate) fn pause(py: Python<'_>, duration: f64) -> PyResult<()> {
    let until = Instant::now().checked_add(seconds(duration)?);
    let hook = Hook::of_this_thread();
    loop {
        hook.check(py)?;
        let left = until.map_or(SLICE, |until| until.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Ok(());
        }
        py.detach(|| std::thread::sleep(left.min(SLICE)));
    }
}
