//! Converts causes to Python exceptions. The classes are in `pycolonies.errors`.

use std::io;
use std::path::Path;

use colonies_client::Error as CallError;
use colonies_crypto::{KeyError, SignatureError};
use colonies_devserver::StartError;
use colonies_files::{Error as FilesError, Refusal};
use pyo3::exceptions::PyOSError;
use pyo3::import_exception;
use pyo3::prelude::*;

mod exceptions {
    #![allow(missing_docs)]
    use super::import_exception;

    import_exception!(pycolonies.errors, CallCancelledError);
    import_exception!(pycolonies.errors, BucketNotFoundError);
    import_exception!(pycolonies.errors, CallTimeoutError);
    import_exception!(pycolonies.errors, ChecksumMismatchError);
    import_exception!(pycolonies.errors, ConfigurationError);
    import_exception!(pycolonies.errors, ConflictError);
    import_exception!(pycolonies.errors, ConnectError);
    import_exception!(pycolonies.errors, ConnectionLostError);
    import_exception!(pycolonies.errors, DevServerError);
    import_exception!(pycolonies.errors, FileChangedError);
    import_exception!(pycolonies.errors, InvalidPrivateKeyError);
    import_exception!(pycolonies.errors, InvalidRequestError);
    import_exception!(pycolonies.errors, InvalidSignatureError);
    import_exception!(pycolonies.errors, NotFoundError);
    import_exception!(pycolonies.errors, ObjectNotFoundError);
    import_exception!(pycolonies.errors, PermissionDeniedError);
    import_exception!(pycolonies.errors, ProtocolError);
    import_exception!(pycolonies.errors, ServerError);
    import_exception!(pycolonies.errors, StorageAccessError);
    import_exception!(pycolonies.errors, StorageConnectError);
    import_exception!(pycolonies.errors, StorageError);
}

use exceptions::{
    BucketNotFoundError, CallCancelledError, CallTimeoutError, ChecksumMismatchError, ConfigurationError,
    ConflictError, ConnectError, ConnectionLostError, DevServerError, FileChangedError,
    InvalidPrivateKeyError, InvalidRequestError, InvalidSignatureError, NotFoundError, ObjectNotFoundError,
    PermissionDeniedError, ProtocolError, ServerError, StorageAccessError, StorageConnectError, StorageError,
};

/// A text that is no private key.
pub(crate) struct KeyFault(KeyError);

impl From<KeyError> for KeyFault {
    fn from(fault: KeyError) -> Self {
        Self(fault)
    }
}

impl From<KeyFault> for PyErr {
    fn from(fault: KeyFault) -> Self {
        InvalidPrivateKeyError::new_err(fault.0.to_string())
    }
}

/// A text that is no signature.
pub(crate) struct SignatureFault(SignatureError);

impl From<SignatureError> for SignatureFault {
    fn from(fault: SignatureError) -> Self {
        Self(fault)
    }
}

impl From<SignatureFault> for PyErr {
    fn from(fault: SignatureFault) -> Self {
        InvalidSignatureError::new_err(fault.0.to_string())
    }
}

/// A development server that did not start.
pub(crate) struct StartFault(pub(crate) StartError);

impl From<StartFault> for PyErr {
    fn from(fault: StartFault) -> Self {
        DevServerError::new_err(fault.0.to_string())
    }
}

/// A call that brought back no result.
pub(crate) fn call_error(fault: &CallError) -> PyErr {
    let message = fault.to_string();
    let processed = fault.may_have_been_processed();
    match fault {
        CallError::Settings { .. } => ConfigurationError::new_err(message),
        CallError::Connect { .. } => ConnectError::new_err((message, processed)),
        CallError::Timeout { .. } => CallTimeoutError::new_err((message, processed)),
        CallError::Disconnected { .. } => ConnectionLostError::new_err((message, processed)),
        CallError::Interrupted { .. } => CallCancelledError::new_err((message, processed)),
        CallError::Refused { status, msgtype, message, .. } => refusal(*status, msgtype, message),
        // Servers answer these two so where the sender has no access; anywhere else it is no reply.
        CallError::EmptyReply { msgtype, .. }
            if matches!(msgtype.as_str(), "getcolonystatsmsg" | "getprocesshistmsg") =>
        {
            PermissionDeniedError::new_err((message, 200, msgtype.clone()))
        }
        _ => ProtocolError::new_err((message, processed)),
    }
}

/// A call that was not begun because it was cancelled before.
pub(crate) fn cancelled() -> PyErr {
    CallCancelledError::new_err(("the call was cancelled before anything was sent", false))
}

fn refusal(status: u16, msgtype: &str, message: &str) -> PyErr {
    let fields = (message.to_owned(), status, msgtype.to_owned());
    match status {
        400 => InvalidRequestError::new_err(fields),
        403 => PermissionDeniedError::new_err(fields),
        404 => NotFoundError::new_err(fields),
        409 => ConflictError::new_err(fields),
        _ => ServerError::new_err(fields),
    }
}

/// A failed transfer.
pub(crate) fn storage_error(fault: &FilesError) -> PyErr {
    let message = fault.to_string();
    match fault {
        FilesError::Settings { .. } => ConfigurationError::new_err(message),
        FilesError::Unreachable { .. } => StorageConnectError::new_err(message),
        FilesError::Mismatch { .. } => ChecksumMismatchError::new_err(message),
        FilesError::Changed { .. } => FileChangedError::new_err(message),
        FilesError::Local { path, source, .. } => local(path, source),
        FilesError::Refused { refusal, code, status, .. } => {
            let fields = (message, code.clone(), *status);
            match refusal {
                Refusal::NoSuchKey => ObjectNotFoundError::new_err(fields),
                Refusal::NoSuchBucket => BucketNotFoundError::new_err(fields),
                Refusal::Denied
                | Refusal::UnknownAccessKey
                | Refusal::WrongSignature
                | Refusal::ClockSkew
                | Refusal::WrongRegion => StorageAccessError::new_err(fields),
                _ => StorageError::new_err(fields),
            }
        }
        FilesError::Interrupted => cancelled(),
        _ => StorageError::new_err(message),
    }
}

/// The `OSError` that Python itself would raise.
fn local(path: &Path, source: &io::Error) -> PyErr {
    let number = source.raw_os_error().or(match source.kind() {
        io::ErrorKind::IsADirectory => Some(libc::EISDIR),
        io::ErrorKind::InvalidInput => Some(libc::EINVAL),
        io::ErrorKind::NotADirectory => Some(libc::ENOTDIR),
        _ => None,
    });
    let words = source.to_string();
    let words = words.split(" (os error").next().unwrap_or_default().to_owned();
    match number {
        Some(number) => PyOSError::new_err((number, words, path.as_os_str().to_owned())),
        None => PyOSError::new_err(format!("{}: {words}", path.display())),
    }
}
