//! Errors of transfers, with their remedies.

use std::io;
use std::path::{Path, PathBuf};

use colonies_client::{Fault, Phase};
use thiserror::Error;

/// Why a file did not come to the store, or from it. Variants are causes; the texts are for people.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings, or an argument, cannot be right. Nothing was sent.
    #[error("{what}")]
    Settings {
        /// The setting, and the reason.
        what: String,
    },
    /// The store gave no usable answer, also not to further attempts.
    #[error("cannot {task}: {}; {}", describe(fault, address), unreachable_remedy(fault))]
    Unreachable {
        /// What was asked for.
        task: String,
        /// `host:port` of the store.
        address: String,
        /// What happened last.
        fault: Fault,
    },
    /// The store answered that it will not, or cannot.
    #[error("cannot {task}: the store at {address} answers {code}{} (status {status}); {}", said(message), refusal.remedy())]
    Refused {
        /// What was asked for.
        task: String,
        /// `host:port` of the store.
        address: String,
        /// What the code means.
        refusal: Refusal,
        /// S3's name of the error, such as `NoSuchKey`.
        code: String,
        /// The HTTP status.
        status: u16,
        /// The store's words.
        message: String,
    },
    /// The content from the store differs from the expected one.
    #[error(
        "object {key} is not the file that it should be: {what}; it was changed in the store, or damaged: upload the file again"
    )]
    Mismatch {
        /// The object's key.
        key: String,
        /// The expected and the received value.
        what: String,
    },
    /// A file changed while it was being read.
    #[error("{} changed while it was being uploaded, so nothing was stored; upload it again when it is complete", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file on this machine cannot be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Local {
        /// What was to be done with it.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The [`Interrupt`](colonies_client::Interrupt) hook ended it.
    #[error("the transfer was interrupted")]
    Interrupted,
}

/// What a store's refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such object.
    NoSuchKey,
    /// There is no such bucket.
    NoSuchBucket,
    /// The access key may not do this.
    Denied,
    /// The store does not know the access key.
    UnknownAccessKey,
    /// The secret key is not that of the access key.
    WrongSignature,
    /// The clocks of the two machines are too far apart.
    ClockSkew,
    /// The region is another one.
    WrongRegion,
    /// The object was replaced while it was read.
    Replaced,
    /// The store is busy or ill; further attempts were of no use.
    Unavailable,
    /// Anything else.
    Other,
}

impl Refusal {
    fn remedy(self) -> &'static str {
        match self {
            Self::NoSuchKey => "the file's content is no longer in the store: upload it again",
            Self::NoSuchBucket => "check AWS_S3_BUCKET, or create the bucket",
            Self::Denied => {
                "the access key has no right to do this: check AWS_S3_ACCESSKEY and the store's policies"
            }
            Self::UnknownAccessKey => {
                "check AWS_S3_ACCESSKEY, and that AWS_S3_ENDPOINT is the store that it is for"
            }
            Self::WrongSignature => "check AWS_S3_SECRETKEY",
            Self::ClockSkew => "set this machine's clock, or the store's: they are too far apart",
            Self::WrongRegion => {
                "set AWS_S3_REGION to the bucket's region, and AWS_S3_ENDPOINT to that region's endpoint"
            }
            Self::Replaced => "the object was replaced while it was being read: read it again",
            Self::Unavailable => "the store was asked several times: try again later",
            Self::Other => "check the settings, and what the store's log says",
        }
    }
}

impl Error {
    /// True where the very same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { fault, .. } => match fault {
                Fault::Connect { source, .. } => !is_certificate(source),
                Fault::Timeout { .. } | Fault::Disconnected { .. } => true,
                _ => false,
            },
            Self::Refused { refusal, .. } => *refusal == Refusal::Unavailable,
            _ => false,
        }
    }

    pub(crate) fn local<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Self + 'a {
        move |source| Self::Local { doing, path: path.to_owned(), source }
    }

    pub(crate) fn is_refusal(&self, wanted: Refusal) -> bool {
        matches!(self, Self::Refused { refusal, .. } if *refusal == wanted)
    }
}

/// Certificates do not get better by asking again.
fn is_certificate(source: &io::Error) -> bool {
    source.kind() == io::ErrorKind::InvalidData
}

fn describe(fault: &Fault, address: &str) -> String {
    match fault {
        Fault::Connect { phase, source } => format!("{phase} to {address} failed: {source}"),
        Fault::Timeout { phase, limit, .. } => {
            format!("{address} gave no answer within {limit:?}, given up during {phase}")
        }
        Fault::Disconnected { source, .. } => format!("the connection to {address} was lost ({source})"),
        Fault::Protocol { what, excerpt, .. } if excerpt.is_empty() => {
            format!("{address} does not answer like an S3 store: {what}")
        }
        Fault::Protocol { what, excerpt, .. } => {
            format!("{address} does not answer like an S3 store: {what} (it begins {excerpt:?})")
        }
        fault => format!("{fault:?}"),
    }
}

fn unreachable_remedy(fault: &Fault) -> &'static str {
    match fault {
        Fault::Connect { phase: Phase::Tls, .. } => {
            "check AWS_S3_TLS, and whether a CA file is needed to trust the store's certificate"
        }
        Fault::Protocol { .. } => "check AWS_S3_ENDPOINT and AWS_S3_TLS",
        _ => "check AWS_S3_ENDPOINT, and that the store is running",
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
