//! Files in an S3 store: streamed in constant memory, in parallel, verified and resumed.
//!
//! Requests are signed by `rusty-s3` and travel over the HTTP of `colonies-client`, so timeouts, interrupts,
//! TLS, proxies and `fork` work as in calls to a Colonies server. `docs/design/files.md` explains how.
//!
//! ```no_run
//! use std::sync::atomic::AtomicU64;
//!
//! use colonies_client::NoInterrupt;
//! use colonies_files::{Credentials, Run, Settings, Storage};
//!
//! let storage = Storage::new(Settings {
//!     credentials: Some(Credentials::new("access key", "secret key", None)),
//!     ..Settings::new("localhost:9000", "data")
//! })?;
//! let run = Run { interrupt: &NoInterrupt, moved: &AtomicU64::new(0) };
//! let stored = storage.put_bytes(b"content", "an-object", &run)?;
//! assert_eq!(stored.size, 7);
//! # Ok::<(), colonies_files::Error>(())
//! ```

mod download;
mod error;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzing;
mod get;
mod many;
mod parts;
mod put;
mod reply;
mod retries;
mod run;
mod settings;
mod source;
mod storage;
mod temporary;

pub use download::write_file;
pub use error::{Error, Refusal};
pub use folder::{Target, make_directory};
pub use get::Expected;
pub use many::hash_files;
pub use run::Run;
pub use settings::{Credentials, Settings};
pub use storage::{Storage, Stored};
