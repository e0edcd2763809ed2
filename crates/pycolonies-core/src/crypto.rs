//! Keys, hashes and signatures as Python functions.

use colonies_crypto::PrivateKey;
use pyo3::prelude::*;

use crate::errors::SignatureFault;
use crate::key::Key;

#[pyfunction]
pub(crate) fn generate_prvkey() -> String {
    PrivateKey::generate().to_hex().to_string()
}

#[pyfunction]
pub(crate) fn identity(py: Python<'_>, prvkey: Key) -> String {
    let Key(key) = prvkey;
    py.detach(|| key.identity())
}

#[pyfunction]
pub(crate) fn hash_text(py: Python<'_>, text: &str) -> String {
    py.detach(|| colonies_crypto::hash(text))
}

#[pyfunction]
pub(crate) fn sign(py: Python<'_>, text: &str, prvkey: Key) -> String {
    let Key(key) = prvkey;
    py.detach(|| key.sign(text))
}

#[pyfunction]
pub(crate) fn recover_identity(
    py: Python<'_>,
    text: &str,
    signature: &str,
) -> Result<String, SignatureFault> {
    py.detach(|| Ok(colonies_crypto::recover_identity(text, signature)?))
}
