//! The blocking client as a Python class.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use colonies_client::{Client, Event, Interrupt, Settings, Subscription, Tls};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::cancel::PyCancellation;
use crate::errors::call_error;
use crate::key::Key;
use crate::signals::blocking;

/// Calls to one Colonies server.
#[pyclass(frozen, name = "Client", module = "pycolonies._core")]
pub(crate) struct PyClient(Client);

#[pymethods]
impl PyClient {
    #[new]
    #[pyo3(signature = (
        host, port, *, tls = false, ca_file = None, skip_tls_verify = false, connect_timeout = 10.0, timeout = 30.0,
        proxy = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "these are keywords in Python")]
    fn new(
        host: String,
        port: u16,
        tls: bool,
        ca_file: Option<PathBuf>,
        skip_tls_verify: bool,
        connect_timeout: f64,
        timeout: f64,
        proxy: Option<String>,
    ) -> PyResult<Self> {
        let tls = trust(tls, ca_file, skip_tls_verify)?;
        let settings = Settings {
            connect_timeout: seconds(connect_timeout)?,
            timeout: seconds(timeout)?,
            proxy,
            ..Settings::new(host, port, tls)
        };
        Client::new(settings).map(Self).map_err(|fault| call_error(&fault))
    }

    #[pyo3(signature = (msgtype, message, prvkey, timeout = None, cancellation = None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        msgtype: &str,
        message: &[u8],
        prvkey: Option<Key>,
        timeout: Option<f64>,
        cancellation: Option<Py<PyCancellation>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let key = prvkey.map(|key| key.0);
        let timeout = timeout.map(seconds).transpose()?;
        let payload = blocking(py, cancellation.map(|given| given.get().clone()), |interrupt| {
            self.0.call(msgtype, message, key.as_ref(), timeout, interrupt)
        })?;
        Ok(PyBytes::new(py, &payload))
    }

    fn subscribe(&self, py: Python<'_>) -> PyResult<PySubscription> {
        let subscription = blocking(py, None, |interrupt| self.0.subscribe(interrupt))?;
        Ok(PySubscription { socket: Mutex::new(Some(subscription)), closed: AtomicBool::new(false) })
    }
}

/// An open subscription socket, for one thread at a time.
#[pyclass(frozen, name = "Subscription", module = "pycolonies._core")]
pub(crate) struct PySubscription {
    /// Taken out while a thread works with it, so that no lock is held during I/O.
    socket: Mutex<Option<Subscription>>,
    closed: AtomicBool,
}

#[pymethods]
impl PySubscription {
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn send(&self, py: Python<'_>, msgtype: &str, message: &[u8], prvkey: Key) -> PyResult<()> {
        let Key(key) = prvkey;
        self.with(py, |socket, _| socket.send(msgtype, message, Some(&key)))
    }

    fn next<'py>(&self, py: Python<'py>, timeout: f64) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let timeout = seconds(timeout)?;
        match self.with(py, |socket, interrupt| socket.next(timeout, interrupt))? {
            Event::Message(payload) => Ok(Some(PyBytes::new(py, &payload))),
            Event::TimedOut => Ok(None),
            Event::Closed => {
                self.closed.store(true, Ordering::Relaxed);
                Ok(None)
            }
        }
    }

    fn close(&self, py: Python<'_>) {
        self.closed.store(true, Ordering::Relaxed);
        let socket = self.take();
        py.detach(|| socket.map(Subscription::close));
    }
}

impl PySubscription {
    fn take(&self) -> Option<Subscription> {
        self.socket.lock().ok()?.take()
    }

    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Subscription, &(dyn Interrupt + 'static)) -> Result<T, colonies_client::Error>
        + Send,
    ) -> PyResult<T> {
        let Some(mut socket) = self.take() else {
            return Err(PyRuntimeError::new_err(
                "this subscription is closed, or another thread is waiting on it; open one for each thread",
            ));
        };
        let result = blocking(py, None, |interrupt| work(&mut socket, interrupt));
        if let Ok(mut place) = self.socket.lock()
            && !self.closed()
        {
            *place = Some(socket);
        }
        result
    }
}

/// The certificates to trust, from three arguments.
pub(crate) fn trust(tls: bool, ca_file: Option<PathBuf>, skip_tls_verify: bool) -> PyResult<Tls> {
    match (tls, ca_file, skip_tls_verify) {
        (false, None, false) => Ok(Tls::Off),
        (true, None, false) => Ok(Tls::System),
        (true, Some(file), false) => Ok(Tls::CaFile(file)),
        (true, None, true) => Ok(Tls::SkipVerify),
        (false, _, _) => Err(PyValueError::new_err("ca_file and skip_tls_verify need tls=True")),
        (true, Some(_), true) => Err(PyValueError::new_err("give ca_file or skip_tls_verify, not both")),
    }
}

/// Python's seconds as a duration.
pub(crate) fn seconds(value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value).map_err(|_| {
        PyValueError::new_err(format!("a time in seconds must be finite and at least 0, got {value}"))
    })
}
