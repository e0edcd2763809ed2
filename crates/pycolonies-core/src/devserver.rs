//! The development server as a Python class.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process;
use std::sync::Mutex;
use std::time::Duration;

use colonies_devserver::{Config, Fault, Faults, Limits, S3_OPERATIONS, Seed, Server, Tls, devkeys};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::errors::StartFault;

/// A development server in this process.
#[pyclass(frozen, name = "DevServer", module = "pycolonies._core")]
pub(crate) struct PyDevServer {
    server: Mutex<Option<Server>>,
    address: SocketAddr,
    s3_port: Option<u16>,
    /// The process that started it: its threads do not exist in a forked child.
    owner: u32,
}

#[pymethods]
impl PyDevServer {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of a Python constructor")]
    #[pyo3(signature = (
        *, host = "127.0.0.1", port = 0, data_dir = None, tls_cert = None, tls_key = None, s3_port = None,
        realistic = None, allow_origins = Vec::new(), allow_hosts = Vec::new(), ids = None, s3_secret_key = None,
        max_connections = 4096
    ))]
    fn new(
        py: Python<'_>,
        host: &str,
        port: u16,
        data_dir: Option<PathBuf>,
        tls_cert: Option<PathBuf>,
        tls_key: Option<PathBuf>,
        s3_port: Option<u16>,
        realistic: Option<u64>,
        allow_origins: Vec<String>,
        allow_hosts: Vec<String>,
        ids: Option<(String, String, String)>,
        s3_secret_key: Option<String>,
        max_connections: u32,
    ) -> PyResult<Self> {
        if max_connections == 0 {
            return Err(PyValueError::new_err("max_connections must be 1 or more, got 0"));
        }
        let address: IpAddr = host
            .parse()
            .map_err(|_| PyValueError::new_err(format!("host must be an IP address, got {host:?}")))?;
        let tls = match (tls_cert, tls_key) {
            (Some(cert_file), Some(key_file)) => Some(Tls { cert_file, key_file }),
            (None, None) => None,
            _ => return Err(PyValueError::new_err("TLS needs both a certificate and its key")),
        };
        let mut config = Config {
            bind: SocketAddr::new(address, port),
            data_dir,
            tls,
            s3: s3_port.map(|port| SocketAddr::new(address, port)),
            allow_origins,
            allow_hosts,
            limits: Limits { connections: max_connections, ..Limits::default() },
            realistic,
            ..Config::default()
        };
        if let Some((server_id, colony_id, executor_id)) = ids {
            config.server_id = server_id;
            config.seed = Some(Seed { colony_id, executor_id, ..Seed::default() });
        }
        if let Some(secret_key) = s3_secret_key {
            config.s3_keys.secret_key = secret_key;
        }
        let server = py.detach(|| Server::start(config)).map_err(StartFault)?;
        let address = server.address();
        let s3_port = server.s3_address().map(|address| address.port());
        Ok(Self { server: Mutex::new(Some(server)), address, s3_port, owner: process::id() })
    }

    #[getter]
    fn host(&self) -> String {
        self.address.ip().to_string()
    }

    #[getter]
    fn port(&self) -> u16 {
        self.address.port()
    }

    #[getter]
    fn s3_port(&self) -> Option<u16> {
        self.s3_port
    }

    #[pyo3(signature = (seconds, *, silent = false))]
    fn advance(&self, py: Python<'_>, seconds: f64, silent: bool) -> PyResult<()> {
        let step = Duration::try_from_secs_f64(seconds).map_err(|_| {
            PyValueError::new_err(format!("seconds must be finite and at least 0, got {seconds}"))
        })?;
        self.with(py, |server| if silent { server.advance_in_silence(step) } else { server.advance(step) })
    }

    #[pyo3(signature = (msgtype, times, *, after, s3 = false))]
    fn drop_next(
        &self,
        py: Python<'_>,
        msgtype: Option<&str>,
        times: u32,
        after: bool,
        s3: bool,
    ) -> PyResult<()> {
        let fault = if after { Fault::DropAnswer } else { Fault::Drop };
        self.plan(py, s3, fault, msgtype, Some(times))
    }

    fn cut_next(&self, py: Python<'_>, size: u64, operation: Option<&str>, times: u32) -> PyResult<()> {
        self.plan(py, true, Fault::Cut(size), operation, Some(times))
    }

    #[pyo3(signature = (seconds, msgtype, times, *, s3 = false))]
    fn delay(
        &self,
        py: Python<'_>,
        seconds: f64,
        msgtype: Option<&str>,
        times: Option<u32>,
        s3: bool,
    ) -> PyResult<()> {
        let delay = Duration::try_from_secs_f64(seconds).map_err(|_| {
            PyValueError::new_err(format!("seconds must be finite and at least 0, got {seconds}"))
        })?;
        self.plan(py, s3, Fault::Delay(delay), msgtype, times)
    }

    #[pyo3(signature = (status, message, msgtype, times, *, s3 = false))]
    fn error(
        &self,
        py: Python<'_>,
        status: u16,
        message: String,
        msgtype: Option<&str>,
        times: u32,
        s3: bool,
    ) -> PyResult<()> {
        self.plan(py, s3, Fault::Error { status, message }, msgtype, Some(times))
    }

    #[pyo3(signature = (*, s3 = false))]
    fn clear_faults(&self, py: Python<'_>, s3: bool) -> PyResult<()> {
        self.with(py, |server| faults(server, s3).map(Faults::clear).unwrap_or_default())
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        self.refuse_a_child()?;
        let server = self.server.lock().ok().and_then(|mut server| server.take());
        py.detach(|| drop(server));
        Ok(())
    }
}

impl PyDevServer {
    /// Does something with the server, without the GIL.
    fn with<T: Send>(&self, py: Python<'_>, act: impl FnOnce(&Server) -> T + Send) -> PyResult<T> {
        self.refuse_a_child()?;
        py.detach(|| self.server.lock().ok().and_then(|server| server.as_ref().map(act)))
            .ok_or_else(|| PyRuntimeError::new_err("the development server is stopped; start another"))
    }

    /// Asks for a fault, of the server or of its S3 endpoint.
    fn plan(
        &self,
        py: Python<'_>,
        s3: bool,
        fault: Fault,
        named: Option<&str>,
        times: Option<u32>,
    ) -> PyResult<()> {
        if let Some(unknown) = named.filter(|name| s3 && !S3_OPERATIONS.contains(name)) {
            let all = S3_OPERATIONS.join(", ");
            return Err(PyValueError::new_err(format!("operation must be one of {all}, got {unknown:?}")));
        }
        self.with(py, |server| {
            if let Some(faults) = faults(server, s3) {
                faults.add(fault, named, times);
            }
        })
    }

    fn refuse_a_child(&self) -> PyResult<()> {
        if self.owner == process::id() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this development server belongs to the process that forked this one; start another one here",
        ))
    }
}

fn faults(server: &Server, s3: bool) -> Option<&Faults> {
    if s3 { server.s3_faults() } else { Some(server.faults()) }
}

impl Drop for PyDevServer {
    fn drop(&mut self) {
        // Stopping joins threads, and a forked child has none of them: it would wait for ever.
        if self.owner != process::id() {
            std::mem::forget(self.server.lock().ok().and_then(|mut server| server.take()));
        }
    }
}

/// The well-known keys of development servers, under the names that they have in Rust.
pub(crate) fn add_keys(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SERVER_PRVKEY", devkeys::SERVER_PRVKEY)?;
    module.add("COLONY_NAME", devkeys::COLONY_NAME)?;
    module.add("COLONY_ID", devkeys::COLONY_ID)?;
    module.add("COLONY_PRVKEY", devkeys::COLONY_PRVKEY)?;
    module.add("EXECUTOR_NAME", devkeys::EXECUTOR_NAME)?;
    module.add("EXECUTOR_TYPE", devkeys::EXECUTOR_TYPE)?;
    module.add("USER_NAME", devkeys::USER_NAME)?;
    module.add("EXECUTOR_ID", devkeys::EXECUTOR_ID)?;
    module.add("EXECUTOR_PRVKEY", devkeys::EXECUTOR_PRVKEY)?;
    module.add("S3_ACCESS_KEY", devkeys::S3_ACCESS_KEY)?;
    module.add("S3_SECRET_KEY", devkeys::S3_SECRET_KEY)?;
    module.add("S3_BUCKET", devkeys::S3_BUCKET)?;
    module.add("S3_REGION", devkeys::S3_REGION)
}
