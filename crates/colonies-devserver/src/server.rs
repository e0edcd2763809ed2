//! Starts and stops a server.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use colonies_devs3::Credentials;
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;

use crate::config::{Config, S3Keys};
use crate::devkeys;
use crate::engine::Core;
use crate::error::StartError;
use crate::http::{self, Faults};
use crate::machine::Settings;
use crate::store;

/// Threads of the S3 endpoint, which has checksums to compute. Calls have one thread: they would take turns at the
/// store anyway, and handing them from thread to thread costs more than they do.
const S3_WORKERS: usize = 2;

/// How long connections may take to end once the server is stopped.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes of stack: stored values may be nested 10,000 levels deep. Only what is used takes memory.
const STACK: usize = 64 << 20;

/// The S3 endpoint of a server.
struct S3 {
    address: SocketAddr,
    faults: Arc<Faults>,
}

/// A running server. It stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    /// None once it has stopped: with it, the store is closed.
    core: Option<Arc<Core>>,
    faults: Arc<Faults>,
    s3: Option<S3>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server; it listens when this returns.
    ///
    /// # Errors
    /// Where the address or the data directory cannot be used; says what to do about it.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let Config {
            bind,
            data_dir,
            server_id,
            allow_reregister,
            realistic,
            seed,
            tls,
            s3,
            s3_keys,
            allow_origins,
            allow_hosts,
            limits,
        } = config;
        let gate = Arc::new(http::Gate::new(&allow_origins, &allow_hosts)?);
        let tls = tls.as_ref().map(http::acceptor).transpose()?;
        let listener = listen(bind)?;
        let address = listener.local_addr().map_err(|source| StartError::Listen { address: bind, source })?;
        let objects = s3.map(listen).transpose()?;
        let db = store::open(data_dir.as_deref()).map_err(|reason| unusable(data_dir.as_deref(), reason))?;
        let settings = Settings { address, allow_reregister, realistic };
        let core = Arc::new(Core::new(db, settings, limits.subscriptions));
        core.set_up(&server_id, seed.as_ref()).map_err(StartError::Store)?;

        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(StartError::Threads)?;
        let (stop, stopped) = watch::channel(false);
        let faults = Arc::new(Faults::default());
        let shared = http::Shared { stopped, limits: Arc::new(limits), tls, gate };
        let objects =
            objects.map(|listener| serve_s3(listener, data_dir.as_deref(), &s3_keys, &shared)).transpose()?;
        let s3 = objects
            .as_ref()
            .map(|(_, address, objects)| S3 { address: *address, faults: Arc::clone(&objects.faults) });
        let s3_runtime = objects.is_some().then(s3_runtime).transpose().map_err(StartError::Threads)?;
        let connection = http::Connection {
            core: Arc::clone(&core),
            faults: Arc::clone(&faults),
            signers: Arc::default(),
            shared,
            permit: None,
        };
        // The runtime has its own thread, so that a server can be stopped from anywhere, including from within
        // another runtime.
        let thread = thread::Builder::new()
            .name("colonies-devserver".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let serving_objects =
                    s3_runtime.as_ref().zip(objects).map(|(runtime, (listener, _, objects))| {
                        runtime.spawn(http::serve_objects(listener, objects, GRACE))
                    });
                runtime.block_on(async {
                    http::serve(listener, connection, GRACE).await;
                    if let Some(serving_objects) = serving_objects {
                        // Where it panicked, it has ended as well.
                        let _ = serving_objects.await;
                    }
                });
                runtime.shutdown_timeout(GRACE);
                if let Some(runtime) = s3_runtime {
                    runtime.shutdown_timeout(GRACE);
                }
            })
            .map_err(StartError::Threads)?;
        Ok(Self { address, core: Some(core), faults, s3, stop, thread: Some(thread) })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the S3 endpoint listens, where there is one.
    pub fn s3_address(&self) -> Option<SocketAddr> {
        self.s3.as_ref().map(|s3| s3.address)
    }

    /// What goes wrong on demand with the S3 endpoint: as [`Self::faults`], with the names of operations, as
    /// `PutObject`, for types of messages.
    pub fn s3_faults(&self) -> Option<&Faults> {
        self.s3.as_ref().map(|s3| &*s3.faults)
    }

    /// Advances the server's clock; everything that becomes due happens, in order.
    /// Long polls and subscriptions continue to use the real clock. Heartbeats are refreshed on the way, so tests
    /// of deadlines and crons don't need to keep executors alive.
    pub fn advance(&self, duration: Duration) {
        self.pass(duration, true);
    }

    /// Like [`Self::advance`], but only executors that wait for a process send heartbeats on the way. The others
    /// are unregistered once their heartbeat is too old, and their processes wait again.
    pub fn advance_in_silence(&self, duration: Duration) {
        self.pass(duration, false);
    }

    fn pass(&self, duration: Duration, executors_are_heard: bool) {
        if let Some(core) = &self.core {
            core.advance(duration, executors_are_heard);
        }
    }

    /// Injected faults, for tests of clients.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Stops the server: waiting assignments time out and connections are closed. When this returns, no thread
    /// of the server is left and all data is in its file. Stopping twice is harmless.
    pub fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        // Fails only where the thread has ended already.
        let _ = self.stop.send(true);
        // A thread that panicked is gone as well.
        let _ = thread.join();
        self.core = None;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Server");
        debug.field("address", &self.address).field("running", &self.thread.is_some()).finish_non_exhaustive()
    }
}

fn s3_runtime() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread()
        .worker_threads(S3_WORKERS)
        .thread_name("colonies-devserver")
        .enable_io()
        .enable_time()
        .build()
}

/// Opens the store of objects, with its bucket.
fn serve_s3(
    listener: TcpListener,
    data_dir: Option<&Path>,
    keys: &S3Keys,
    shared: &http::Shared,
) -> Result<(TcpListener, SocketAddr, http::Objects), StartError> {
    let address = listener.local_addr().map_err(StartError::Threads)?;
    let open = || {
        let directory = data_dir.map(|directory| directory.join("s3"));
        if let Some(directory) = &directory {
            store::make_private(directory)
                .map_err(|fault| format!("{fault}; choose a directory that can be written to"))?;
        }
        let store = colonies_devs3::Store::open(directory.as_deref())?;
        store.ensure_bucket(devkeys::S3_BUCKET)?;
        Ok(store)
    };
    let store = open().map_err(|reason| unusable(data_dir, reason))?;
    let credentials = Credentials { access_key: &keys.access_key, secret_key: &keys.secret_key };
    let service = colonies_devs3::service(Arc::new(store), credentials, shared.limits.body_time);
    Ok((listener, address, http::Objects { service, faults: Arc::default(), shared: shared.clone() }))
}

fn unusable(data_dir: Option<&Path>, reason: String) -> StartError {
    match data_dir {
        Some(directory) => StartError::DataDirectory { directory: directory.to_owned(), reason },
        None => StartError::Store(reason),
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::AddressInUse { address },
        _ => StartError::Listen { address, source },
    })
}
