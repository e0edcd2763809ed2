//! Private keys as Python objects, and as arguments.

use std::hash::{Hash, Hasher};

use colonies_crypto::PrivateKey;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::errors::KeyFault;

/// A private key that never prints.
#[pyclass(frozen, eq, hash, name = "PrivateKey", module = "pycolonies")]
#[derive(Clone)]
pub(crate) struct PyPrivateKey(PrivateKey);

#[pymethods]
#[expect(clippy::unused_self, reason = "Python calls these on an instance")]
impl PyPrivateKey {
    #[new]
    fn new(key: Key) -> Self {
        Self(key.0)
    }

    #[classmethod]
    fn generate(_class: &Bound<'_, PyType>) -> Self {
        Self(PrivateKey::generate())
    }

    #[getter]
    fn identity(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.identity())
    }

    fn reveal(&self) -> String {
        self.0.to_hex().to_string()
    }

    fn __repr__(&self) -> &'static str {
        "PrivateKey('**********')"
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a PrivateKey cannot be pickled, as the pickle would hold the key; \
             pass key.reveal(), or read the key from the environment on the other side",
        ))
    }
}

impl PartialEq for PyPrivateKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest_with("") == other.0.digest_with("")
    }
}

impl Eq for PyPrivateKey {}

impl Hash for PyPrivateKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest_with("").hash(state);
    }
}

/// A private key as an argument: a `PrivateKey`, or its text.
pub(crate) struct Key(pub(crate) PrivateKey);

impl<'py> FromPyObject<'_, 'py> for Key {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(key) = given.cast::<PyPrivateKey>() {
            return Ok(Self(key.get().0.clone()));
        }
        let Ok(text) = given.cast::<PyString>() else {
            let kind = given.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "a private key must be a str or a PrivateKey, got {kind}"
            )));
        };
        // A lone surrogate has no UTF-8 form. Its replacement is not a hexadecimal digit either.
        Ok(Self(PrivateKey::from_hex(&text.to_string_lossy()).map_err(KeyFault::from)?))
    }
}
