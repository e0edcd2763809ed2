//! S3 storage as Python classes.

use std::path::PathBuf;

use colonies_files::{Credentials, Error, Expected, Settings, Storage, Stored, Target};
use data_encoding::HEXLOWER;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::client::{seconds, trust};
use crate::errors::storage_error;
use crate::signals::transferring;

/// A bucket of an S3 store.
#[pyclass(frozen, name = "Storage", module = "pycolonies._core")]
pub(crate) struct PyStorage(Storage);

/// What was stored or fetched.
#[pyclass(frozen, eq, get_all, name = "Stored", module = "pycolonies._core")]
#[derive(PartialEq, Eq)]
pub(crate) struct PyStored {
    size: u64,
    sha256: String,
}

#[pymethods]
impl PyStored {
    fn __repr__(&self) -> String {
        format!("Stored(size={}, sha256='{}')", self.size, self.sha256)
    }
}

impl From<Stored> for PyStored {
    fn from(stored: Stored) -> Self {
        Self { size: stored.size, sha256: HEXLOWER.encode(&stored.sha256) }
    }
}

#[pymethods]
impl PyStorage {
    #[new]
    #[pyo3(signature = (
        endpoint, *, bucket, access_key = None, secret_key = None, session_token = None, region = None, tls = false, ca_file = None,
        skip_tls_verify = false, connect_timeout = 10.0, timeout = 60.0, parallel = 8, part_bytes = 8_388_608, proxy = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "these are keywords in Python")]
    fn new(
        endpoint: String,
        bucket: String,
        access_key: Option<String>,
        secret_key: Option<String>,
        session_token: Option<String>,
        region: Option<String>,
        tls: bool,
        ca_file: Option<PathBuf>,
        skip_tls_verify: bool,
        connect_timeout: f64,
        timeout: f64,
        parallel: usize,
        part_bytes: u64,
        proxy: Option<String>,
    ) -> PyResult<Self> {
        let credentials = match (access_key, secret_key) {
            (Some(access), Some(secret)) => Some(Credentials::new(access, secret, session_token)),
            (None, None) if session_token.is_none() => None,
            _ => {
                return Err(PyValueError::new_err(
                    "give access_key and secret_key, or neither; session_token needs both",
                ));
            }
        };
        // An endpoint may ask for TLS by its scheme.
        let tls = tls || endpoint.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        let defaults = Settings::new(endpoint, bucket);
        let settings = Settings {
            credentials,
            region: region.filter(|region| !region.is_empty()).unwrap_or_else(|| defaults.region.clone()),
            tls: trust(tls, ca_file, skip_tls_verify)?,
            connect_timeout: seconds(connect_timeout)?,
            timeout: seconds(timeout)?,
            parallel,
            part_bytes,
            proxy,
            ..defaults
        };
        Storage::new(settings).map(Self).map_err(|fault| storage_error(&fault))
    }

    #[pyo3(signature = (path, key, progress = None))]
    fn put_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        key: &str,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<PyStored> {
        transferring(py, progress, move |run| self.0.put_file(&path, key, run)).map(PyStored::from)
    }

    #[pyo3(signature = (data, key, progress = None))]
    fn put_bytes(
        &self,
        py: Python<'_>,
        data: &[u8],
        key: &str,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<PyStored> {
        transferring(py, progress, move |run| self.0.put_bytes(data, key, run)).map(PyStored::from)
    }

    #[pyo3(signature = (files, progress = None))]
    fn put_files<'py>(
        &self,
        py: Python<'py>,
        files: Vec<(PathBuf, String)>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let results = transferring(py, progress, move |run| self.0.put_files(&files, run))?;
        list(py, results)
    }

    #[pyo3(signature = (key, path, size = None, sha256 = None, progress = None))]
    fn get_file(
        &self,
        py: Python<'_>,
        key: &str,
        path: PathBuf,
        size: Option<u64>,
        sha256: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<PyStored> {
        let expected = expected(size, sha256)?;
        transferring(py, progress, move |run| self.0.get_file(key, &Target::at(&path), &expected, run))
            .map(PyStored::from)
    }

    #[pyo3(signature = (key, size = None, sha256 = None, progress = None))]
    fn get_bytes<'py>(
        &self,
        py: Python<'py>,
        key: &str,
        size: Option<u64>,
        sha256: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let expected = expected(size, sha256)?;
        let bytes = transferring(py, progress, move |run| self.0.get_bytes(key, &expected, run))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[pyo3(signature = (root, files, progress = None))]
    #[allow(clippy::needless_pass_by_value, reason = "a path that comes from Python is owned")]
    fn get_files<'py>(
        &self,
        py: Python<'py>,
        root: PathBuf,
        files: Vec<(String, PathBuf, Option<u64>, Option<String>)>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let files = files
            .into_iter()
            .map(|(key, path, size, sha256)| {
                Ok((key, Target { root: root.clone(), path }, expected(size, sha256.as_deref())?))
            })
            .collect::<PyResult<Vec<_>>>()?;
        let results = transferring(py, progress, move |run| self.0.get_files(&files, run))?;
        list(py, results)
    }

    fn delete(&self, py: Python<'_>, key: &str) -> PyResult<()> {
        transferring(py, None, move |run| self.0.delete(key, run))
    }

    fn head(&self, py: Python<'_>, key: &str) -> PyResult<u64> {
        transferring(py, None, move |run| self.0.head(key, run))
    }
}

/// Sizes and SHA-256 of files.
#[pyfunction]
#[pyo3(signature = (paths, progress = None))]
pub(crate) fn sha256_files(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'_, PyList>> {
    let results = transferring(py, progress, move |run| colonies_files::hash_files(&paths, run))?;
    list(py, results)
}

/// Makes a directory below another, without following a link.
#[pyfunction]
pub(crate) fn make_directory(py: Python<'_>, root: PathBuf, path: PathBuf) -> PyResult<()> {
    py.detach(move || colonies_files::make_directory(&root, &path)).map_err(|fault| storage_error(&fault))
}

/// Replaces a small file below a directory, without following a link.
#[pyfunction]
pub(crate) fn write_file(py: Python<'_>, root: PathBuf, path: PathBuf, content: &[u8]) -> PyResult<()> {
    let target = Target { root, path };
    py.detach(|| colonies_files::write_file(&target, content)).map_err(|fault| storage_error(&fault))
}

fn expected(size: Option<u64>, sha256: Option<&str>) -> PyResult<Expected> {
    let sha256 = sha256.map(|text| {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            PyValueError::new_err(format!("sha256 must have 64 hexadecimal digits, got {text:?}"))
        })
    });
    Ok(Expected { size, sha256: sha256.transpose()? })
}

/// What came of each file: the exception is a value here, as the others' results are of use.
fn list(py: Python<'_>, results: Vec<Result<Stored, Error>>) -> PyResult<Bound<'_, PyList>> {
    let objects = results.into_iter().map(|result| match result {
        Ok(stored) => Ok(Bound::new(py, PyStored::from(stored))?.into_any()),
        Err(fault) => Ok(storage_error(&fault).into_value(py).into_bound(py).into_any()),
    });
    PyList::new(py, objects.collect::<PyResult<Vec<_>>>()?)
}
