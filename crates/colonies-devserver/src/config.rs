//! The configuration of a server.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::devkeys;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens. Port 0, the default, takes any free port of the loopback interface.
    pub bind: SocketAddr,
    /// Where it keeps its data, from one start to the next. In memory by default.
    pub data_dir: Option<PathBuf>,
    /// Identity of the server owner; counts when a data directory is first set up.
    pub server_id: String,
    /// True (the default) where an executor may be added again under its old name.
    pub allow_reregister: bool,
    /// The initial records; by default the development colony and executor.
    pub seed: Option<Seed>,
    /// The certificate of the server; plain HTTP without one (the default).
    pub tls: Option<Tls>,
    /// Where its S3 endpoint listens; there is none by default. It keeps its objects in the directory `s3` of the
    /// data directory, in a temporary one where there is none, and encrypts its connections as the server does.
    pub s3: Option<SocketAddr>,
    /// What requests to its S3 endpoint are signed with.
    pub s3_keys: S3Keys,
    /// Origins of web pages that may use the server and its S3 endpoint, such as `http://localhost:3000`; `*` allows
    /// all. None by default.
    pub allow_origins: Vec<String>,
    /// Names by which it is reached, besides IP addresses, `localhost` and the name of this machine. None by default.
    pub allow_hosts: Vec<String>,
    /// How much it takes on.
    pub limits: Limits,
    /// A seed, where changes are shown in the steps of a Colonies server, with random times in between; see the
    /// design notes. Faults of such a server that harm others are kept, too: strangers run crons, and the log of an
    /// executor shows those of its namesakes in other colonies. None, the default, shows changes at once, and has
    /// neither fault.
    pub realistic: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: None,
            server_id: devkeys::SERVER_ID.to_owned(),
            allow_reregister: true,
            seed: Some(Seed::default()),
            tls: None,
            s3: None,
            s3_keys: S3Keys::default(),
            allow_origins: Vec::new(),
            allow_hosts: Vec::new(),
            limits: Limits::default(),
            realistic: None,
        }
    }
}

/// A certificate and its key, both in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The server's certificate, and after it those that lead to an authority.
    pub cert_file: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, without a passphrase.
    pub key_file: PathBuf,
}

/// An access key of the S3 endpoint; the well-known one by default.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// Its name.
    pub access_key: String,
    /// What requests are signed with.
    pub secret_key: String,
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3Keys").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl Default for S3Keys {
    fn default() -> Self {
        Self { access_key: devkeys::S3_ACCESS_KEY.to_owned(), secret_key: devkeys::S3_SECRET_KEY.to_owned() }
    }
}

/// Limits of a server. Requests beyond them are refused; the error names the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest body of a request, in bytes. 64 MiB by default.
    pub body: usize,
    /// How many connections there may be, websockets among them. 4096 by default.
    pub connections: u32,
    /// How many subscriptions a websocket may have. 1024 by default.
    pub subscriptions_per_connection: usize,
    /// How many subscriptions there may be. 65,536 by default.
    pub subscriptions: usize,
    /// How long a client may take for the handshake and for the head of a request. 10 seconds by default.
    pub head_time: Duration,
    /// How long a client may take for the body of a request. A minute by default.
    pub body_time: Duration,
    /// How long a connection is kept while there is no request. Two minutes by default.
    pub idle_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 << 20,
            connections: 4096,
            subscriptions_per_connection: 1024,
            subscriptions: 1 << 16,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(60),
            idle_time: Duration::from_secs(120),
        }
    }
}

/// A colony, an approved executor in it, and a user with the executor's key. Existing records are left unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Name of the colony.
    pub colony_name: String,
    /// Identity of its owner.
    pub colony_id: String,
    /// Name of the executor.
    pub executor_name: String,
    /// Type of the executor.
    pub executor_type: String,
    /// Identity of the executor and of the user.
    pub executor_id: String,
    /// Name of the user.
    pub user_name: String,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            colony_name: devkeys::COLONY_NAME.to_owned(),
            colony_id: devkeys::COLONY_ID.to_owned(),
            executor_name: devkeys::EXECUTOR_NAME.to_owned(),
            executor_type: devkeys::EXECUTOR_TYPE.to_owned(),
            executor_id: devkeys::EXECUTOR_ID.to_owned(),
            user_name: devkeys::USER_NAME.to_owned(),
        }
    }
}
