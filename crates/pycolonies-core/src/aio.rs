//! Calls of event loops: each is started here, and its result arrives through a port.

use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex};

use colonies_async::{Call, Client, Engine, Mailbox, Outcome, Reader, Subscription};
use colonies_client::Settings;
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::client::{seconds, trust};
use crate::errors::call_error;
use crate::key::Key;

/// Where the results of an event loop arrive, and the descriptor that wakes the loop.
#[pyclass(frozen, name = "AsyncPort", module = "pycolonies._core")]
pub(crate) struct PyAsyncPort {
    mailbox: Arc<Mailbox>,
    reader: Mutex<Option<Reader>>,
    process: u32,
}

#[pymethods]
impl PyAsyncPort {
    #[new]
    fn new() -> PyResult<Self> {
        let (mailbox, reader) = Mailbox::new()?;
        Ok(Self { mailbox: Arc::new(mailbox), reader: Mutex::new(Some(reader)), process: process::id() })
    }

    #[cfg(unix)]
    fn fileno(&self) -> PyResult<i32> {
        let reader = self.reader.lock().ok();
        let descriptor = reader.and_then(|reader| reader.as_ref().map(Reader::descriptor));
        descriptor.ok_or_else(|| PyRuntimeError::new_err("the descriptor of this port was detached"))
    }

    fn detach(&self) -> PyResult<i64> {
        let reader = self.reader.lock().ok().and_then(|mut reader| reader.take());
        reader
            .map(Reader::into_descriptor)
            .ok_or_else(|| PyRuntimeError::new_err("the descriptor of this port was detached"))
    }

    fn take<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyList>> {
        // After a fork the locks may be in any state, and the results are the parent's.
        if self.process != process::id() {
            return Ok(PyList::empty(py));
        }
        if let Ok(reader) = self.reader.lock()
            && let Some(reader) = reader.as_ref()
        {
            reader.clear();
        }
        let results = self.mailbox.take(most).into_iter().map(|(number, result)| {
            let value = match result {
                Ok(Outcome::Payload(payload)) => PyBytes::new(py, &payload).into_any(),
                Ok(Outcome::Opened(socket)) => Bound::new(py, PyAsyncSubscription(socket))?.into_any(),
                Ok(Outcome::Done | Outcome::Closed) => py.None().into_bound(py),
                Err(fault) => call_error(&fault).into_value(py).into_bound(py).into_any(),
            };
            Ok((number, value))
        });
        PyList::new(py, results.collect::<PyResult<Vec<_>>>()?)
    }
}

/// Calls to one Colonies server for event loops.
#[pyclass(frozen, name = "AsyncClient", module = "pycolonies._core")]
pub(crate) struct PyAsyncClient(Arc<Client>);

#[pymethods]
impl PyAsyncClient {
    #[new]
    #[pyo3(signature = (
        host, port, *, tls = false, ca_file = None, skip_tls_verify = false, connect_timeout = 10.0, timeout = 30.0,
        proxy = None, concurrency = 32
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
        concurrency: usize,
    ) -> PyResult<Self> {
        let settings = Settings {
            connect_timeout: seconds(connect_timeout)?,
            timeout: seconds(timeout)?,
            proxy,
            ..Settings::new(host, port, trust(tls, ca_file, skip_tls_verify)?)
        };
        Client::new(settings, concurrency).map(Self).map_err(|fault| call_error(&fault))
    }

    #[pyo3(signature = (port, msgtype, message, prvkey, timeout = None))]
    fn start(
        &self,
        port: &PyAsyncPort,
        msgtype: &str,
        message: &[u8],
        prvkey: Option<Key>,
        timeout: Option<f64>,
    ) -> PyResult<u64> {
        let call = Call {
            msgtype: msgtype.to_owned(),
            message: message.to_vec(),
            key: prvkey.map(|key| Arc::new(key.0)),
            timeout: timeout.map(seconds).transpose()?,
        };
        Ok(self.0.start(call, &port.mailbox)?)
    }

    fn subscribe(&self, port: &PyAsyncPort) -> PyResult<u64> {
        Ok(self.0.subscribe(&port.mailbox)?)
    }

    fn close_idle(&self) {
        self.0.close_idle();
    }
}

/// Drops the work with this number where it has not ended.
#[pyfunction]
pub(crate) fn cancel_async(number: u64) -> PyResult<()> {
    Engine::of_this_process().map_err(|fault| PyOSError::new_err(fault.to_string()))?.cancel(number);
    Ok(())
}

/// An open subscription socket for event loops.
#[pyclass(frozen, name = "AsyncSubscription", module = "pycolonies._core")]
pub(crate) struct PyAsyncSubscription(Subscription);

#[pymethods]
impl PyAsyncSubscription {
    fn send(&self, port: &PyAsyncPort, msgtype: &str, message: &[u8], prvkey: Key) -> PyResult<u64> {
        let Key(key) = prvkey;
        Ok(self.0.send(msgtype, message, Some(&key), &port.mailbox)?)
    }

    fn next(&self, port: &PyAsyncPort) -> PyResult<u64> {
        Ok(self.0.next(&port.mailbox)?)
    }

    fn close(&self) {
        self.0.clone().close();
    }
}
