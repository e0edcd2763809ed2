use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

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
    /// What is there from the start; the development colony and executor by default.
    pub seed: Option<Seed>,
    /// The longest body of a request, in bytes. 64 MiB by default.
    pub max_body: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: None,
            server_id: devkeys::SERVER_ID.to_owned(),
            allow_reregister: true,
            seed: Some(Seed::default()),
            max_body: 64 << 20,
        }
    }
}

/// A colony and an approved executor in it. What is there already is left as it is.
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
    /// Identity of the executor.
    pub executor_id: String,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            colony_name: devkeys::COLONY_NAME.to_owned(),
            colony_id: devkeys::COLONY_ID.to_owned(),
            executor_name: devkeys::EXECUTOR_NAME.to_owned(),
            executor_type: devkeys::EXECUTOR_TYPE.to_owned(),
            executor_id: devkeys::EXECUTOR_ID.to_owned(),
        }
    }
}
