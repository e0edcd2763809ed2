//! The native module `pycolonies._core`: it converts arguments, releases the GIL, and maps errors.
//!
//! It makes no decisions. `colonies-proto` has the envelopes, `colonies-client` the calls, `colonies-files`
//! the transfers of files, and `colonies-devserver` the server.

mod aio;
mod cancel;
mod client;
mod crypto;
mod devserver;
mod errors;
mod files;
mod key;
mod signals;

/// What `pycolonies` is made of; private to it.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::aio::{PyAsyncClient, PyAsyncPort, PyAsyncSubscription, cancel_async};
    #[pymodule_export]
    use crate::cancel::{PyCancellation, pause};
    #[pymodule_export]
    use crate::client::{PyClient, PySubscription};
    #[pymodule_export]
    use crate::crypto::{generate_prvkey, hash_text, identity, recover_identity, sign};
    #[pymodule_export]
    use crate::devserver::PyDevServer;
    #[pymodule_export]
    use crate::key::PyPrivateKey;

    #[pymodule_export]
    use crate::files::{PyStorage, PyStored, make_directory, sha256_files, write_file};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::devserver::add_keys(module)
    }
}
